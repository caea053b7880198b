import { InvalidParameterError, type Parameters, resolveParameters, stages } from '../predictor/config.js';
import {
  failureChoices,
  repairSeconds,
  type Source,
  starters,
  type TrainInput,
  unchangedChoices,
} from './contract.js';

type Given = Readonly<Record<string, unknown>>;

/** What each kind of source must have beside its kind, by the type of its value. */
const sourceFields: Readonly<Record<Source['kind'], Readonly<Record<string, 'string' | 'object'>>>> = {
  'movielens-100k': {},
  synthetic: {},
  url: { url: 'string' },
  s3: { bucket: 'string', key: 'string' },
  uploaded: { name: 'string', ratings: 'object' },
};

const choices: Readonly<Record<string, readonly string[]>> = {
  refresh: [...stages, 'all'],
  onUnchanged: unchangedChoices,
  onFailure: failureChoices,
  startedBy: starters,
};

const known = ['source', 'parameters', 'repairWithinSeconds', 'scheduledSince', ...Object.keys(choices)];

/**
 * Checks what a run is told, which any client may have written.
 * @returns its parameters, with their defaults
 * @throws InvalidParameterError naming the field, its value and what is allowed
 */
export function checkInput(input: TrainInput): Parameters {
  const given: unknown = input;
  if (!isRecord(given)) throw unexpected("a run's input to be an object", given);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new InvalidParameterError(
        `Unknown field \`${name}\` of a run: expected some of ${known.join(', ')}`,
      );
    }
  }
  checkSource(given['source']);
  for (const [name, allowed] of Object.entries(choices)) {
    const value = given[name];
    if (value === undefined || allowed.some((choice) => choice === value)) continue;
    throw unexpected(`\`${name}\` to be one of ${allowed.join(', ')}`, value);
  }
  const { repairWithinSeconds: patience, scheduledSince, parameters } = given;
  const { minimum, maximum } = repairSeconds;
  if (
    patience !== undefined &&
    !(typeof patience === 'number' && patience >= minimum && patience <= maximum)
  ) {
    throw unexpected(`\`repairWithinSeconds\` to be a number from ${minimum} to ${maximum}`, patience);
  }
  if (scheduledSince !== undefined && !isTime(scheduledSince)) {
    throw unexpected('`scheduledSince` to be a time in ISO 8601', scheduledSince);
  }
  if (parameters !== undefined && !isRecord(parameters)) {
    throw unexpected('`parameters` to be an object', parameters);
  }
  return resolveParameters(parameters);
}

/** The names of runs that the ledger takes (artifacts/names.ts): such a name is a folder of the bucket. */
const runPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
/** Means the run that was published last. */
const latestAlias = 'latest';

/**
 * Checks what a run is called, which is what any client chose as the workflow's id: before anything is done for a run
 * that could never be published.
 * @throws InvalidRunNameError
 */
export function checkRun(run: string): void {
  if (runPattern.test(run) && run !== latestAlias) return;
  throw new InvalidRunNameError(
    `Expected the run's name to be at most 200 letters, digits, dots, dashes, underscores and colons, and not ` +
      `\`${latestAlias}\`, got ${JSON.stringify(run.slice(0, 100))}`,
  );
}

/** By its name the same error as the ledger's. */
class InvalidRunNameError extends Error {
  override readonly name = 'InvalidArtifactNameError';
}

function checkSource(source: unknown): void {
  const kinds = Object.keys(sourceFields);
  const kind = isRecord(source) ? source['kind'] : undefined;
  if (!isRecord(source) || typeof kind !== 'string' || !kinds.includes(kind)) {
    throw new InvalidParameterError(
      `Expected \`source\` to be of kind ${kinds.join(', ')}, got ${shown(source)}`,
    );
  }
  for (const [name, type] of Object.entries(sourceFields[kind as Source['kind']])) {
    const value = source[name];
    if (type === 'object' ? isReference(value) : typeof value === type) continue;
    const expected = type === 'object' ? 'a reference { key, sha256, bytes }' : 'a string';
    throw new InvalidParameterError(
      `Expected \`${name}\` of a source of kind ${kind} to be ${expected}, got ${shown(value)}`,
    );
  }
}

function isReference(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { key, sha256, bytes } = value;
  return typeof key === 'string' && typeof sha256 === 'string' && typeof bytes === 'number';
}

function isRecord(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function unexpected(what: string, value: unknown): InvalidParameterError {
  return new InvalidParameterError(`Expected ${what}, got ${shown(value)}`);
}

/** What was given, for a person. A source may hold what is secret: its values are not shown. */
function shown(value: unknown): string {
  if (isRecord(value)) return `an object of ${Object.keys(value).join(', ').slice(0, 60) || 'nothing'}`;
  return value === undefined ? 'nothing' : `\`${JSON.stringify(value).slice(0, 60)}\``;
}
