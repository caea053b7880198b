import type { Command } from 'commander';
import { downloadMovieLens } from '../adapters/movielens.js';
import { loadMovieLensUrls } from '../adapters/settings.js';
import { defaultSource, namedSources, resolveParameters } from '../predictor/config.js';
import { describeDataset } from '../predictor/dataset.js';
import { extractRatings } from '../predictor/ratings/archive.js';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import { alignColumns, type Output, printJson } from './output.js';
import { addParameterFlags, givenParameters } from './parameter-flags.js';
import { readSource, type ReadSource } from './read-source.js';

interface DatasetOptions extends Record<string, unknown> {
  readonly source: string;
  readonly json?: boolean;
}

export function addDataset(program: Command, output: Output): void {
  const command = program
    .command('dataset')
    .description('what the pipeline makes of a data set: no training, no Temporal, no S3')
    .option(
      '--source <name|file>',
      `${namedSources.join(', ')}, or a file (env: STREAMSAGE_SOURCE)`,
      process.env['STREAMSAGE_SOURCE'] || defaultSource,
    );
  addParameterFlags(command, ['sequenceLength', 'bingeThreshold', 'testSize', 'seed'])
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  streamsage dataset --source ml-100k.zip --sequence-length 10 --json\n',
    )
    .action(async (options: DatasetOptions) => {
      const ratings = await ratingsOf(await readSource(options.source));
      const report = describeDataset(ratings, resolveParameters(givenParameters(options)));
      if (options.json) printJson(output, report);
      else {
        const rows = Object.entries(report).map(([name, value]) => [name, JSON.stringify(value)]);
        for (const line of alignColumns(rows)) output.result(line);
      }
    });
}

async function ratingsOf(source: ReadSource): Promise<Uint8Array> {
  switch (source.kind) {
    case 'file':
      return source.ratings;
    case 'synthetic':
      return syntheticRatings();
    case 'movielens-100k': {
      const archive = await downloadMovieLens({ urls: loadMovieLensUrls() });
      return (await extractRatings(archive, 'ml-100k.zip')).ratings;
    }
  }
}
