import type { Command } from 'commander';
import { latestAlias, readManifestBytes, resolveRun } from '../artifacts/runs.js';
import { withStore } from './connections.js';
import { checkOutput, fetchRun } from './fetch-artifacts.js';
import { alignColumns, formatBytes, type Output, printJson } from './output.js';

const runArgument = ['<run>', 'name of a run, or `latest`: the last one that was published'] as const;

export function addArtifacts(program: Command, output: Output): void {
  const artifacts = program.command('artifacts').description('list and fetch what runs have made');
  artifacts
    .command('list')
    .description("list a run's artifacts")
    .argument('[run]', runArgument[1], latestAlias)
    .option('--json', 'print the list as JSON')
    .addHelpText('after', '\nExample:\n  streamsage artifacts list latest\n')
    .action(async (run: string, options: { json?: boolean }) => {
      const { manifest } = await withStore(async (store) =>
        readManifestBytes(store, await resolveRun(store, run)),
      );
      if (options.json) {
        printJson(output, { run: manifest.run, artifacts: manifest.artifacts });
        return;
      }
      output.note(`Run ${manifest.run}`);
      const rows = manifest.artifacts.map(({ name, bytes, sha256 }) => [name, formatBytes(bytes), sha256]);
      for (const line of alignColumns(rows)) output.result(line);
    });
  artifacts
    .command('get')
    .description("fetch a run's artifacts, each verified by its SHA-256")
    .argument(...runArgument)
    .argument('[names...]', 'artifacts to fetch; all if none is named')
    .option('--output <folder>', 'puts them into <folder>/<run>/', 'runs')
    .option('--json', 'print the paths as JSON')
    .addHelpText('after', '\nExample:\n  streamsage artifacts get latest binge_model.h5 --output models\n')
    .action(async (run: string, names: string[], options: { output: string; json?: boolean }) => {
      await checkOutput(options.output);
      const paths = await withStore(async (store) =>
        fetchRun(store, await resolveRun(store, run), names, options.output, output),
      );
      if (options.json) printJson(output, { files: paths });
      else for (const path of paths) output.result(path);
    });
}
