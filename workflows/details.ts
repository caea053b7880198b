import {
  parameterDefinitions,
  type ParameterName,
  parameterNames,
  type Parameters,
  type Stage,
  stages,
} from '../predictor/config.js';
import {
  type BlockedState,
  type PublishedArtifact,
  type RunProgress,
  type StageState,
  type TrainInput,
  trainQueues,
} from './contract.js';
import { streamsage, trainCommand } from './commands.js';
import { code, codeBlock, link, page, paragraphs, prose } from './markdown.js';
import { failureClasses, type RunFailure } from './failures.js';
import { compareMetrics } from './metric-comparison.js';
import { alignColumns, formatBytes, formatCount, oneLine, wrapWords } from './plain-text.js';
import { missingWorker } from './queues.js';

/** All that a run's page shows. */
export interface RunView extends RunProgress {
  readonly input: TrainInput;
  readonly failure?: RunFailure;
  /** When the training could have begun, if no worker has taken it up since. Milliseconds of Unix time. */
  readonly missingWorkerSince?: number;
  readonly product?: RunProduct;
}

/** What a run has published. */
export interface RunProduct {
  readonly artifacts: readonly PublishedArtifact[];
  /** Addresses in the store's console, by what is there. */
  readonly links?: Readonly<Record<string, string>>;
}

/** Characters in a line of code: what fits beside the summary on a screen 1,400 pixels wide. */
const width = 74;
const shownNotes = 3;
const shownRepairs = 2;
const shownEpochs = 10;
const shownArtifacts = 16;
const messageCharacters = 500;
const mostCharacters = 8000;

/**
 * The run as Markdown, for the web UI: where it is, what it waits for or why it ended, what it made, and what to type
 * next. Less than 8,000 characters, whatever a run is given: the UI passes them in an address.
 */
export function runDetails(view: RunView): string {
  const whole = detailsWith(view, true);
  return whole.length < mostCharacters ? whole : detailsWith(view, false);
}

/** @param whole with what the command line says, too: why each stage ran, and every artifact */
function detailsWith(view: RunView, whole: boolean): string {
  return page(
    `### ${headline(view)}`,
    ...(view.notes ?? []).slice(0, shownNotes).map((note) => `**Note**: ${prose(note, 200)}`),
    view.source === 'synthetic' && '**Synthetic data**: made by a seeded generator, not MovieLens.',
    startReport(view),
    ...repairReports(view),
    view.sameAs !== undefined && unchangedReport(view, view.sameAs),
    view.failure && failureReport(view, view.failure),
    view.blocked && blockedReport(view, view.blocked),
    isWaiting(view) && waitReport(view),
    codeBlock(stageTable(view, whole)),
    trainingReport(view),
    view.metrics && codeBlock(metricTable(view)),
    !view.metrics && view.epochs.length > 0 && codeBlock(epochTable(view)),
    view.product && productReport(view.run, view.product, whole ? shownArtifacts : 0),
    isGoingOn(view) && !view.blocked && whereToLook,
  );
}

/** The page of a run that was refused before its first stage. */
export function refusedDetails({ type, message }: RunFailure): string {
  return page(`### Refused: ${code(type)}`, codeBlock(messageLines(message)));
}

const whereToLook =
  'Slower than you expect? The tab *Pending Activities* says which attempt this is, why the one before failed, and ' +
  'when the next begins.';

function isGoingOn({ failure, sameAs, stages }: RunView): boolean {
  return (
    !failure && sameAs === undefined && stages.some(({ state }) => state === 'waiting' || state === 'running')
  );
}

function headline(view: RunView): string {
  const { failure, stages, metrics, missingWorkerSince, epochs, totalEpochs } = view;
  if (view.sameAs !== undefined) return 'Unchanged: nothing to train';
  if (view.blocked) return `Blocked in ${view.blocked.stage}: ${code(view.blocked.type)}`;
  const current = stages.find(({ state }) => !['done', 'waiting', 'skipped'].includes(state));
  if (current?.state === 'cancelled') return `Cancelled in ${current.stage}`;
  if (failure) return `Failed${current ? ` in ${current.stage}` : ''}: ${code(failure.type)}`;
  if (!isGoingOn(view)) {
    const auc = metrics?.test['rocAuc'];
    return typeof auc === 'number' ? `Done: ROC AUC ${auc.toFixed(4)} on the test part` : 'Done';
  }
  if (isWaiting(view)) {
    const since = missingWorkerSince ?? current?.since;
    return `Waiting for a training worker${since === undefined ? '' : ` since ${clock(since)} UTC`}`;
  }
  if (current?.stage !== 'train') return `Running: ${current?.stage ?? 'next stage'}`;
  if (!view.plan) return 'Running: choosing what trains';
  const told = epochs.at(-1)?.epoch ?? 0;
  return current.toldEvery === 1
    ? `Training: epoch ${Math.min(told + 1, totalEpochs)} of ${totalEpochs}`
    : `Training: ${told} of ${totalEpochs} epochs done`;
}

/** What started it, where a schedule did: only the run itself knows whether that was a backfill. */
function startReport({ startedBy, schedule }: RunView): string | undefined {
  if (!schedule) return undefined;
  return `Started by ${startedBy ?? 'schedule'}, through schedule ${code(schedule.name)} for ${prose(schedule.time)}.`;
}

function repairReports({ repairs = [] }: RunView): string[] {
  return repairs.slice(-shownRepairs).map(({ stage, failure, at, set }) => {
    const changes = Object.entries(set).map(([name, value]) => `${name}=${value}`);
    const how = changes.length > 0 ? `: ${code(changes.join(', '), 200)}` : '';
    return `Repaired in ${stage} at ${clock(at)} UTC, after ${code(failure, 60)}${how}.`;
  });
}

function unchangedReport({ run }: RunView, sameAs: string): string {
  return paragraphs(
    run === sameAs
      ? 'A run of this name, with these data, parameters and code, was published before.'
      : `Data, parameters and code are those of ${code(sameAs)}. To fetch what that one made:`,
    codeBlock([`${streamsage} artifacts get ${oneLine(sameAs, 200)}`]),
  );
}

function failureReport({ input }: RunView, { type, message }: RunFailure): string {
  const doubted = type.startsWith('Artifact') ? ({ refresh: 'all' } as const) : {};
  return paragraphs(
    codeBlock(messageLines(message)),
    /streamsage /.test(message) &&
      `In the folder of the clone, ${code('streamsage')} is ${code(streamsage)}.`,
    input.refresh || doubted.refresh
      ? 'To try again, whatever the store holds:'
      : 'To try again, once that is mended. Stages that are done come from the store; ' +
          `${code('--refresh all')} does them anew.`,
    codeBlock(shellLines(trainCommand(input, doubted))),
  );
}

/** Changes that may help after such a failure; the first that is still possible is shown. */
const examples: Readonly<Record<string, Partial<Parameters>>> = {
  InvalidDataError: { maxBadRows: 100, sequenceLength: 5 },
  OutOfMemoryError: { batchSize: 16 },
  TrainingDivergedError: { learningRate: 0.0001 },
  EngineUnavailableError: { engine: 'auto' },
};

function exampleFor(type: string, settable: readonly ParameterName[]): string {
  const changes = Object.entries(examples[type] ?? {});
  const [name, value] = changes.find(([name]) => settable.some((one) => one === name)) ?? ['NAME', 'VALUE'];
  return `${name}=${value}`;
}

/** What it waits for, and what to type. */
function blockedReport({ run }: RunView, blocked: BlockedState): string {
  const { type, class: failureClass, message, stage, until } = blocked;
  const settable = parameterNames.filter((name) => isOpen(parameterDefinitions[name].stage, stage));
  const name = oneLine(run, 200);
  return paragraphs(
    codeBlock(messageLines(message)),
    /streamsage /.test(message) &&
      `In the folder of the clone, ${code('streamsage')} is ${code(streamsage)}.`,
    `The run waits until ${day(until)} ${clock(until)} UTC, then it fails. Stages that are done stay done. ` +
      failureClasses[failureClass].wayOut,
    codeBlock([`${streamsage} runs repair ${name}`]),
    settable.length > 0 &&
      `With ${code(`--set ${exampleFor(type, settable)}`)} after it, or another value for ` +
        `${settable.map((each) => code(each)).join(', ')}. To end it:`,
    settable.length === 0 && 'To end it:',
    codeBlock([`${streamsage} runs cancel ${name}`]),
  );
}

/** Whether a stage is still to be done while the run is blocked at another. */
function isOpen(stage: Stage, blockedAt: Stage): boolean {
  return stages.indexOf(stage) >= stages.indexOf(blockedAt);
}

function messageLines(message: string): string[] {
  return wrapWords(oneLine(message, messageCharacters).split(' '), width);
}

/** Whether the training waits for a worker: none polled its queue when it was asked for one, or none has taken it up. */
function isWaiting({ failure, blocked, sameAs, missingWorkerSince, placement, plan }: RunView): boolean {
  if (failure || blocked || sameAs !== undefined) return false;
  return missingWorkerSince !== undefined || (placement?.attended === false && !plan);
}

function waitReport({ placement, plan }: RunView): string {
  const missing = placement?.attended === false && !plan;
  return paragraphs(
    missing
      ? `${sentence(missingWorker(trainQueues[placement.device]))}.`
      : 'Every training worker is busy with another run, or is still loading TensorFlow, or there is none. To see which, ' +
          'and to start the ones that are missing:',
    codeBlock([`${streamsage} status`, `${streamsage} up`]),
  );
}

const marks: Readonly<Record<string, string>> = {
  waiting: '·',
  running: '▶',
  done: '✓',
  blocked: '■',
  failed: '✗',
  cancelled: '✗',
  skipped: '–',
};

function stageTable(view: RunView, withReasons: boolean): string[] {
  const rows = alignColumns(
    view.stages.map((state) => [
      `${marks[state.state] ?? '·'} ${state.stage}`,
      state.seconds === undefined ? '' : `${state.seconds.toFixed(1)} s`.padStart(8),
      stageNote(view, state),
    ]),
  );
  if (!withReasons) return rows;
  return rows.flatMap((row, index) => [row, ...whyLines(view.stages[index], view.stages[index - 1])]);
}

function stageNote(view: RunView, { stage, state, result, since }: StageState): string {
  if (result === 'hit') return 'from the store';
  if (state === 'running' && since !== undefined)
    return `${stage === 'train' && isWaiting(view) ? 'waits' : 'running'} since ${clock(since)} UTC`;
  return state === 'done' || state === 'waiting' ? '' : state;
}

/** Why a stage ran or did not, under its line, once for several. Every run is published: that needs no reason. */
function whyLines(stage: StageState | undefined, before: StageState | undefined): string[] {
  if (stage?.reason === undefined || stage.stage === 'publish' || stage.reason === before?.reason) return [];
  return wrapWords(oneLine(stage.reason, 200).split(' '), width - 4).map((line) => `    ${line}`);
}

function trainingReport({ plan, stages }: RunView): string | undefined {
  if (!plan) return undefined;
  const { engine, device, reason } = plan;
  const training = stages.find(({ stage }) => stage === 'train');
  const { state, attempt = 1, from, toldEvery = 1 } = training ?? {};
  const sentences = [
    `Engine: ${code(engine)} on the ${device.toUpperCase()}, because ${prose(reason)}.`,
    ...(from === undefined ? [] : [`Attempt ${attempt} went on from ${prose(from, 40)}.`]),
    ...(state === 'running' && toldEvery > 1 ? [`This page hears of every ${toldEvery}th epoch.`] : []),
  ];
  return sentences.join(' ');
}

function epochTable({ epochs }: RunView): string[] {
  const rows = epochs
    .slice(-shownEpochs)
    .map(({ epoch, loss, accuracy, valLoss, valAccuracy }) => [
      String(epoch).padStart(5),
      ...[loss, accuracy, valLoss, valAccuracy].map((value) => value.toFixed(4).padStart(8)),
    ]);
  return alignColumns([['epoch', '    loss', 'accuracy', 'val_loss', 'val_accuracy'], ...rows]);
}

function metricTable({ metrics }: RunView): string[] {
  const number = (value: number | undefined) => value?.toFixed(4) ?? 'not defined';
  const windows = metrics?.test['windows'];
  const title = typeof windows === 'number' ? `test part, ${formatCount(windows)} windows` : 'test part';
  return alignColumns([
    [title, 'model', 'to beat', ''],
    ...compareMetrics(metrics ?? { test: {} }).map(({ title, value, toBeat, rival, better }) => [
      title,
      number(value),
      toBeat === undefined ? '' : number(toBeat),
      toBeat === undefined ? '' : `${rival}: ${better === undefined ? '-' : better ? 'better' : 'no better'}`,
    ]),
  ]);
}

function productReport(run: string, { artifacts, links = {} }: RunProduct, shown: number): string {
  const rows = artifacts
    .slice(0, shown)
    .map(({ name, bytes, sha256 }) => [
      oneLine(name, 32),
      formatBytes(bytes).padStart(8),
      sha256.slice(0, 16),
    ]);
  const addresses = Object.entries(links)
    .slice(0, 6)
    .map(([what, address]) => link(what, address));
  return paragraphs(
    addresses.length > 0 && `In the store's console: ${addresses.join(' · ')}`,
    'To fetch all of it:',
    codeBlock([`${streamsage} artifacts get ${oneLine(run, 200)}`]),
    rows.length > 0 && codeBlock(alignColumns([['artifact', '    size', 'sha256, first 16'], ...rows])),
    `Manifest: ${code(`runs/${run}/manifest.json`, 250)} in the bucket.`,
  );
}

/** A command over as many lines as it needs, to be pasted as it is. */
export function shellLines(words: readonly string[]): string[] {
  return wrapWords(words, width, ' \\').map((line, index) => (index === 0 ? line : `  ${line}`));
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `2026-11-25` of a time in milliseconds. */
function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** `14:03:21` of a time in milliseconds. */
function clock(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}
