import { InvalidArtifactNameError } from './errors.js';

/** Runs, aliases and artifacts are named so that a name is a path nowhere but where it is meant to be. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
/** A schedule's runs are named after the time they were due: `nightly-2026-11-25T02:00:00Z`. */
const runPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
/** Leaves room for that time. */
const schedulePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const artifactPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,4}$/;

/** @throws InvalidArtifactNameError */
export function checkRunName(run: string): void {
  check('run', run, runPattern, 'at most 200 letters, digits, dots, dashes, underscores and colons');
}

/** @throws InvalidArtifactNameError */
export function checkScheduleName(schedule: string): void {
  check('schedule', schedule, schedulePattern, 'at most 100 letters, digits, dots, dashes and underscores');
}

export function isScheduleName(name: string): boolean {
  return schedulePattern.test(name);
}

export function isAliasName(name: string): boolean {
  return namePattern.test(name);
}

/** A training is named by a digest. @throws InvalidArtifactNameError */
export function checkTrainingName(training: string): void {
  check('training', training, /^[0-9a-f]{64}$/);
}

/** @throws InvalidArtifactNameError */
export function checkAliasName(alias: string): void {
  check('alias', alias, namePattern);
}

/** @throws InvalidArtifactNameError */
export function checkArtifactName(name: string): void {
  check('artifact', name, artifactPattern);
}

export function isArtifactName(name: string): boolean {
  return artifactPattern.test(name);
}

export function isRunName(name: string): boolean {
  return runPattern.test(name);
}

function check(
  what: string,
  name: string,
  pattern: RegExp,
  allowed = 'letters, digits, dots, dashes and underscores',
): void {
  if (!pattern.test(name)) {
    throw new InvalidArtifactNameError(
      `Expected the ${what}'s name to be ${allowed}, got ${JSON.stringify(name.slice(0, 100))}`,
    );
  }
}
