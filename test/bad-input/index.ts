import { archives } from './archives.js';
import type { BadInputs } from './case.js';
import { ratings } from './ratings.js';
import { sources } from './sources.js';

/** The parts of docs/bad-input.md, in its order. A part of one's own: a file beside these, and a line here. */
export const badInputs: readonly BadInputs[] = [ratings, archives, sources];
