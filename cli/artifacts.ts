import { type Command, Option } from 'commander';
import { latestAlias, readManifestBytes } from '../artifacts/runs.js';
import { collectArtifacts, type CollectOptions } from './collect-artifacts.js';
import { withStore } from './connections.js';
import { checkOutput, fetchRun } from './fetch-artifacts.js';
import { linkArtifact, type LinkOptions, parseExpires, parsePublicUrl } from './link-artifact.js';
import { durationOption } from './duration.js';
import { parseWhole } from './numbers.js';
import { alignColumns, formatBytes, type Output, printJson } from './output.js';
import { runWithArtifacts } from './run-with-artifacts.js';
import { verifyArtifacts } from './verify-artifacts.js';

/** Milliseconds. */
const day = 86_400_000;

const runArgument = ['<run>', 'name of a run, or `latest`: the last one that was published'] as const;

export function addArtifacts(program: Command, output: Output): void {
  const artifacts = program
    .command('artifacts')
    .description('list, fetch, share, verify and collect what runs have made');
  artifacts
    .command('list')
    .description("list a run's artifacts")
    .argument('[run]', runArgument[1], latestAlias)
    .option('--json', 'print the list as JSON')
    .addHelpText('after', '\nExample:\n  streamsage artifacts list latest\n')
    .action(async (run: string, options: { json?: boolean }) => {
      const { manifest } = await withStore(async (store) =>
        readManifestBytes(store, await runWithArtifacts(store, run, output)),
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
    .command('verify')
    .description('fetch and hash everything that a run needs; exit code 1 if any of it is missing or altered')
    .argument(...runArgument)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nExample:\n  streamsage artifacts verify latest\n')
    .action((run: string, options: { json?: boolean }) => verifyArtifacts(run, options, output));
  artifacts
    .command('gc')
    .description('show what nothing needs any more; remove it with --yes')
    .option('--yes', 'remove it')
    .option(
      '--keep-runs <number>',
      'let go of published runs but the newest so many (default: keep all)',
      parseWhole('--keep-runs', 0),
    )
    .addOption(
      durationOption('--older-than', 'let go of published runs that are older: 30d (default: keep all)'),
    )
    .addOption(durationOption('--grace', 'keep what was written less long ago').default(day, '1d'))
    .option('--json', 'print every key as JSON')
    .addHelpText(
      'after',
      '\nWith both --keep-runs and --older-than, runs go for which both hold. Runs that an alias or a schedule needs stay.' +
        '\n\nExample:\n  streamsage artifacts gc --keep-runs 10 --yes\n',
    )
    .action((options: CollectOptions) => collectArtifacts(options, output));
  artifacts
    .command('get')
    .description("fetch a run's artifacts, each verified by its SHA-256")
    .argument(...runArgument)
    .argument('[names...]', 'artifacts to fetch; all if none is named')
    .option('--output <folder>', 'puts them into <folder>/<run>/', 'runs')
    .option('--json', 'print the paths as JSON')
    .addHelpText(
      'after',
      '\nA download that breaks off leaves `.<name>.partial`, from which the next one goes on.' +
        '\n\nExample:\n  streamsage artifacts get latest binge_model.h5 --output models\n',
    )
    .action(async (run: string, names: string[], options: { output: string; json?: boolean }) => {
      await checkOutput(options.output);
      const paths = await withStore(async (store) =>
        fetchRun(store, await runWithArtifacts(store, run, output), names, options.output, output),
      );
      if (options.json) printJson(output, { files: paths });
      else for (const path of paths) output.result(path);
    });
  artifacts
    .command('url')
    .description('make a link by which anybody reads one artifact until it expires, without credentials')
    .argument(...runArgument)
    .argument('<name>', 'the artifact, as `artifacts list` names it, or `manifest.json`')
    .addOption(
      new Option('--expires <duration>', 'how long the link is good for, 1s to 7d')
        .argParser(parseExpires)
        .default(3600, '1h'),
    )
    .option(
      '--public-url <address>',
      'address at which others reach the store, if it is another: the link is signed for it',
      parsePublicUrl,
    )
    .option('--json', 'print the link and when it expires as JSON')
    .addHelpText(
      'after',
      '\nCredentials that are themselves lent for a time end the link with them.' +
        '\n\nExample:\n  streamsage artifacts url latest binge_model.h5 --expires 2d --public-url https://store.example.com\n',
    )
    .action((run: string, name: string, options: LinkOptions) => linkArtifact(run, name, options, output));
}
