import { InvalidArtifactNameError } from './errors.js';

/** Runs, aliases and artifacts are named so that a name is a path nowhere but where it is meant to be. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const artifactPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,4}$/;

/** @throws InvalidArtifactNameError */
export function checkRunName(run: string): void {
  check('run', run, namePattern);
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

export function isRunName(name: string): boolean {
  return namePattern.test(name);
}

function check(what: string, name: string, pattern: RegExp): void {
  if (!pattern.test(name)) {
    throw new InvalidArtifactNameError(
      `Expected the ${what}'s name to be letters, digits, dots, dashes and underscores, got ${JSON.stringify(name.slice(0, 100))}`,
    );
  }
}
