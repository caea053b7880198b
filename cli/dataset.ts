import type { Command } from 'commander';
import { downloadMovieLens, movielensRatingsSha256 } from '../adapters/movielens.js';
import { createS3Source } from '../adapters/s3-source.js';
import { loadMovieLensSources, loadS3Settings } from '../adapters/settings.js';
import { fetchUrl } from '../adapters/url-source.js';
import { type Parameters, resolveParameters } from '../predictor/config.js';
import { describeDataset } from '../predictor/dataset.js';
import { maximumArchiveBytes } from '../predictor/ratings/archive.js';
import { publishedRatings } from '../predictor/ratings/published.js';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import { noteLines } from './dataset-notes.js';
import { interruptible } from './interrupt.js';
import { alignColumns, type Output, printJson } from './output.js';
import { addParameterFlags, givenParameters } from './parameter-flags.js';
import { checked, readSource, type ReadSource, sourceOption } from './read-source.js';

interface DatasetOptions extends Record<string, unknown> {
  readonly source: string;
  readonly json?: boolean;
}

export function addDataset(program: Command, output: Output): void {
  const command = program
    .command('dataset')
    .description('what the pipeline makes of a data set: no training, no Temporal, no run')
    .addOption(sourceOption());
  addParameterFlags(command, ['sequenceLength', 'bingeThreshold', 'testSize', 'seed', 'maxBadRows'])
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  streamsage dataset --source ml-100k.zip --sequence-length 10 --json\n',
    )
    .action(async (options: DatasetOptions) => {
      const parameters = resolveParameters(givenParameters(options));
      const { ratings, notes } = await interruptible(output, 'Nothing was written.', async () =>
        ratingsOf(await readSource(options.source, parameters), parameters),
      );
      const report = describeDataset(ratings, parameters);
      for (const line of noteLines(notes)) output.note(line);
      if (options.json) printJson(output, report);
      else {
        const rows = Object.entries(report).map(([name, value]) => [name, JSON.stringify(value)]);
        for (const line of alignColumns(rows)) output.result(line);
      }
    });
}

interface Ratings {
  readonly ratings: Uint8Array;
  readonly notes: readonly string[];
}

/** The ratings themselves, fetched from here where a run would have a worker fetch them. */
async function ratingsOf(source: ReadSource, parameters: Parameters): Promise<Ratings> {
  switch (source.kind) {
    case 'file':
      return source;
    case 'synthetic':
      return { ratings: syntheticRatings(), notes: [] };
    case 'movielens-100k': {
      const { content, warnings } = await downloadMovieLens({
        sources: loadMovieLensSources(),
        accept: (file, name) => publishedRatings(file, name, movielensRatingsSha256),
      });
      return { ratings: content, notes: warnings };
    }
    default: {
      const limits = { maximumBytes: maximumArchiveBytes };
      // Who calls this reaches with it what they reach anyway.
      const got =
        source.kind === 'url'
          ? await fetchUrl(source.url, { ...limits, privateAllowed: true })
          : await createS3Source(loadS3Settings())(source, limits);
      if (got.state !== 'fetched')
        throw new TypeError('A source says that nothing has changed, and was not asked');
      const address = source.kind === 'url' ? source.url : source.key;
      return checked(got.bytes, address.split('/').at(-1) || 'the file', address, parameters);
    }
  }
}
