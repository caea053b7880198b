import type { Command } from 'commander';
import { patiently } from '../adapters/patience.js';
import { provisionNamespace, provisionSearchAttributes } from '../adapters/provision-temporal.js';
import { provisionBucket } from '../adapters/s3-bucket.js';
import { loadS3Settings, loadTemporalSettings } from '../adapters/settings.js';
import { connect } from '../adapters/temporal.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { UsageError } from './exit-codes.js';
import { durationOption } from './duration.js';
import { interruptible } from './interrupt.js';
import { alignColumns, type Output, printJson } from './output.js';

/** Milliseconds. */
const day = 86_400_000;

const parts = ['temporal', 's3'] as const;
type Part = (typeof parts)[number];

interface Provided {
  readonly part: Part;
  readonly what: string;
  readonly result: 'made' | 'there';
}

interface ProvisionOptions {
  /** Milliseconds. */
  readonly retention: number;
  /** Milliseconds. */
  readonly wait: number;
  readonly json?: boolean;
}

export function addProvision(program: Command, output: Output): void {
  program
    .command('provision')
    .description('make what runs need on servers of your own: namespace, search attributes, bucket')
    .argument('[part...]', `${parts.join(', ')} (default: both)`)
    .addOption(
      durationOption('--retention', 'how long a new namespace keeps runs that have ended, in whole days', {
        minimum: day,
        maximum: 3650 * day,
      }).default(30 * day, '30d'),
    )
    .addOption(
      durationOption('--wait', 'how long to wait for a server that is being started', {
        maximum: 3_600_000,
      }).default(0, '0s'),
    )
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nExample:\n  streamsage provision temporal --wait 60s\n')
    .action(async (given: string[], options: ProvisionOptions) => {
      const chosen = chosenParts(given);
      const said = 'What has been made is there. The same again makes the rest.';
      const provided = await interruptible(output, said, () => provision(chosen, options));
      if (options.json) printJson(output, { provided });
      else {
        const rows = provided.map(({ part, what, result }) => [part, what, result]);
        for (const line of alignColumns(rows)) output.result(line);
      }
    });
}

async function provision(chosen: readonly Part[], options: ProvisionOptions): Promise<Provided[]> {
  const provided: Provided[] = [];
  for (const part of chosen) {
    provided.push(
      ...(await patiently(
        () => (part === 'temporal' ? provideTemporal(Math.ceil(options.retention / day)) : provideBucket()),
        { milliseconds: options.wait, pauseMs: 1000 },
      )),
    );
  }
  return provided;
}

async function provideTemporal(retentionDays: number): Promise<Provided[]> {
  const settings = loadTemporalSettings();
  const connection = await connect(settings);
  try {
    const part = 'temporal';
    const { namespace } = settings;
    const result = await provisionNamespace(connection, namespace, retentionDays);
    const made = await provisionSearchAttributes(connection, namespace, Object.values(searchAttributes));
    return [
      { part, what: `namespace ${namespace}`, result },
      ...Object.entries(made).map(([name, result]) => ({ part, what: `search attribute ${name}`, result })),
    ] as Provided[];
  } finally {
    await connection.close();
  }
}

async function provideBucket(): Promise<Provided[]> {
  const settings = loadS3Settings();
  return [{ part: 's3', what: `bucket ${settings.bucket}`, result: await provisionBucket(settings) }];
}

function chosenParts(given: readonly string[]): readonly Part[] {
  for (const name of given) {
    if (!parts.includes(name as Part)) {
      throw new UsageError(`Expected ${parts.join(' or ')}, got \`${name}\``);
    }
  }
  return given.length === 0 ? parts : parts.filter((part) => given.includes(part));
}
