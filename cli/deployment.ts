import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { loadTemporalSettings } from '../adapters/settings.js';
import { connectClient, temporalRefusal } from '../adapters/temporal.js';
import { listVersions, makeCurrent } from '../adapters/worker-deployment.js';
import { loadDeploymentName } from '../adapters/worker-settings.js';
import { streamsage } from '../workflows/commands.js';
import { interruptible } from './interrupt.js';
import { type Output, printJson, printTable } from './output.js';

interface JsonOption {
  readonly json?: boolean;
}

const jsonOption = ['--json', 'print the answer as JSON'] as const;

export function addDeployment(program: Command, output: Output): void {
  const deployment = program
    .command('deployment')
    .description("builds of the workers' code: a run ends on the one it began with");
  deployment
    .command('list')
    .description(
      'list the builds: current (new runs begin there), draining (runs are open there), drained (none is), inactive',
    )
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage deployment list\n')
    .action((options: JsonOption) =>
      withClient(async (client) => {
        const name = loadDeploymentName();
        const versions = await listVersions(client, name);
        if (options.json) printJson(output, { deployment: name, versions });
        else {
          const rows = versions.map(({ buildId, status, since }) => [
            buildId,
            status,
            since?.slice(0, 19).replace('T', ' ') ?? '',
          ]);
          printTable(output, [['BUILD ID', 'STATUS', 'KNOWN SINCE (UTC)'], ...rows]);
        }
      }),
    );
  deployment
    .command('use')
    .description('let new runs begin on this build; open ones go on with theirs')
    .argument('<build-id>', 'what its workers have as STREAMSAGE_BUILD_ID')
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage deployment use 2026-11-25.1\n')
    .action((buildId: string, options: JsonOption) =>
      withClient(async (client) => {
        const deploymentName = loadDeploymentName();
        const said = `Whether new runs begin on ${buildId} is what this says: ${streamsage} deployment list`;
        await interruptible(output, said, () => makeCurrent(client, { deploymentName, buildId }));
        if (options.json) printJson(output, { deployment: deploymentName, current: buildId });
        else
          output.result(
            `New runs begin on ${buildId}. Open ones go on with theirs: npx --no-install streamsage deployment list`,
          );
      }),
    );
}

async function withClient<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const temporal = loadTemporalSettings();
  const client = await connectClient({ temporal });
  try {
    return await work(client);
  } catch (error) {
    throw temporalRefusal(temporal, error) ?? error;
  } finally {
    await client.connection.close();
  }
}
