import { movielensRatingsSha256 } from '../adapters/movielens.js';
import { recipeOf, resolveParameters } from '../predictor/config.js';
import { addressOf, streamsage, trainCommand } from '../workflows/commands.js';
import type { Source, StartedBy, TrainInput } from '../workflows/contract.js';
import { shellLines } from '../workflows/details.js';
import { code, codeBlock, page } from '../workflows/markdown.js';
import { formatBytes } from '../workflows/plain-text.js';

/** What a run is, in a line and in a page, as Temporal's web UI shows it beside what the run says of itself. */
export interface StartDescription {
  readonly staticSummary: string;
  readonly staticDetails: string;
}

const startedBys: Readonly<Record<StartedBy, string>> = {
  hand: 'by hand',
  schedule: 'by a schedule',
  backfill: 'by the backfill of a schedule',
  repair: 'by a repair',
};

/**
 * Describes a run by what it is given. The server takes 400 bytes of summary and 20,000 of details: both are well
 * within that, whatever a file is called. No address, no path, no credential is in it.
 * @param schedule its name, of a run that one starts
 * @throws InvalidParameterError
 */
export function startDescription(
  input: TrainInput,
  startedBy: StartedBy,
  schedule?: string,
): StartDescription {
  const { source, parameters, refresh } = input;
  const recipe = recipeOf(resolveParameters(parameters));
  const by = schedule === undefined ? startedBys[startedBy] : `by schedule ${code(schedule, 40)}`;
  return {
    staticSummary: `Binge predictor on ${datasetTitle(source)} · ${code(recipe, 80)} · ${by}`,
    staticDetails: page(
      `**Data set** ${datasetTitle(source)}: ${dataIdentity(source)}`,
      `**Recipe** ${code(recipe, 200)}`,
      `**Started** ${by}${refresh ? `, ignoring the store from ${code(refresh)} on` : ''}`,
      '**To do it again**, in the folder of the clone:',
      codeBlock(shellLines(trainCommand(input))),
      source.kind === 'uploaded' &&
        `${code(source.name)} is the file as it was named: say where it lies on your machine.`,
      '*Current Details* come from a data worker. If they stay empty, see whether one is up:',
      codeBlock([`${streamsage} status`]),
    ),
  };
}

function datasetTitle(source: Source): string {
  switch (source.kind) {
    case 'movielens-100k':
      return 'MovieLens 100K';
    case 'synthetic':
      return 'synthetic ratings';
    case 'url':
    case 's3':
      return code(addressOf(source), 60);
    case 'uploaded': {
      const name = code(source.name, 40);
      return source.ratings.sha256 === movielensRatingsSha256 ? `MovieLens 100K (${name})` : name;
    }
  }
}

function dataIdentity(source: Source): string {
  switch (source.kind) {
    case 'movielens-100k':
      return `downloaded from its publisher, ratings with SHA-256 ${code(movielensRatingsSha256.slice(0, 16))}`;
    case 'synthetic':
      return 'made by a seeded generator; its numbers say nothing about people';
    case 'url':
    case 's3':
      return 'asked anew each time; the details of the run say what it gave';
    case 'uploaded': {
      const { bytes, sha256 } = source.ratings;
      return `${formatBytes(bytes)} of ratings, SHA-256 ${code(sha256.slice(0, 16))}`;
    }
  }
}
