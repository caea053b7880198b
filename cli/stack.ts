import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadSettings } from '../adapters/settings.js';
import { streamsage } from '../workflows/commands.js';
import { interruptible } from './interrupt.js';
import type { Output } from './output.js';
import { portForwardLines } from './port-forward.js';

/** `up`, `down` and `status` are infra's: this passes the words on and the exit code back. */
export function addStack(program: Command, output: Output): void {
  const verbs = {
    up: 'start the local stack, or mend it: Temporal, MinIO, a data worker, a training worker',
    down: 'stop the local stack; nothing is lost',
    status: 'say which parts of the local stack are running, and where',
  };
  for (const [verb, description] of Object.entries(verbs)) {
    program
      .command(verb)
      .description(description)
      .option('--json', 'print the answer as JSON')
      .addHelpText('after', `\nExample:\n  streamsage ${verb}\n`)
      .action(async (options: { json?: boolean }) => {
        process.exitCode = await runStack(verb, options.json === true, output);
        if (!options.json && verb !== 'down') for (const line of forwardLines()) output.result(line);
      });
  }
}

/** Of the stack's two pages, where there is a stack. */
function forwardLines(): string[] {
  try {
    const { temporal, s3 } = loadSettings();
    return portForwardLines([temporal.ui, s3.console]);
  } catch {
    return [];
  }
}

function runStack(verb: string, json: boolean, output: Output): Promise<number> {
  const child = spawn(process.execPath, [stackEntry(), verb, ...(json ? ['--json'] : [])], {
    stdio: 'inherit',
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
  const said = `${streamsage} status shows what runs. The same again goes on from there.`;
  // A terminal tells them both; whoever ends the command alone does not.
  return interruptible(
    output,
    said,
    () => ended,
    () => void child.kill('SIGINT'),
  );
}

/** infra/ lies beside cli/ in the sources and beside dist/ in a build. */
function stackEntry(): string {
  const places = ['../infra/stack/main.js', '../../infra/stack/main.js'];
  const found = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error('The local stack (infra/stack) is not part of this installation');
  return found;
}
