import { archives } from './archives.js';
import { artifacts } from './artifacts.js';
import type { BadInputs } from './case.js';
import { foreignNames } from './names.js';
import { parameters } from './parameters.js';
import { ratings } from './ratings.js';
import { servers } from './servers.js';
import { sources } from './sources.js';

/** The parts of docs/bad-input.md, in its order. A part of one's own: a file beside these, and a line here. */
export const badInputs: readonly BadInputs[] = [
  ...[ratings, archives, sources, parameters, servers, artifacts, foreignNames],
];
