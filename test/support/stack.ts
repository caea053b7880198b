import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTimeOf } from '../../infra/stack/processes.js';
import { loadSettings, type Settings } from '../../adapters/settings.js';
import { type Finished, runNode } from './run-node.js';
import { type S3Server, s3Environment } from './s3-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface StackPart {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly log?: string;
}

/** A local stack of the test's own: real servers and the built workers, in a folder that goes when it stops. */
export interface TestStack {
  readonly folder: string;
  readonly settings: Settings;
  /** The command line, as a user runs it. */
  streamsage(...parameters: string[]): Promise<Finished>;
  /** `up`, `down` or `status`, with flags. */
  stack(...words: string[]): Promise<Finished>;
  parts(): Promise<Record<string, StackPart>>;
  stop(): Promise<void>;
}

/** @param s3 a server to use in place of the stack's own MinIO */
export async function startStack(s3?: S3Server): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-stack-'));
  const place = { STREAMSAGE_STATE: folder, ...(s3 && (await s3Environment(s3))) };
  const environment = {
    ...process.env,
    ...place,
    // Nothing is downloaded in a test: the publisher of these tests does not answer.
    STREAMSAGE_MOVIELENS_URL: 'http://127.0.0.1:1/ml-100k.zip',
    STREAMSAGE_SOURCE: '',
  };
  const run = (script: string, parameters: string[]) =>
    runNode([join(root, script), ...parameters], environment);
  const stack = (...words: string[]) => run('infra/stack/main.js', words);
  const up = await stack('up');
  if (up.code !== 0) {
    await stack('down');
    await rm(folder, { recursive: true, force: true });
    throw new Error(`The stack did not come up:\n${up.stdout}${up.stderr}`);
  }
  return {
    folder,
    settings: { ...loadSettings(place), ...(s3 && { s3: s3.settings }) },
    streamsage: (...parameters) => run('cli/streamsage.js', parameters),
    stack,
    async parts() {
      const { stdout } = await stack('status', '--json');
      const { parts } = JSON.parse(stdout) as { parts: StackPart[] };
      return Object.fromEntries(parts.map((part) => [part.name, part]));
    },
    async stop() {
      await stack('down');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** kill -9, and waits until the process is gone: the signal returns before that. */
export async function killForGood(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
}

export async function untilGone(pid: number): Promise<void> {
  while ((await startTimeOf(pid)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What a run left on disk, by name. */
export async function readArtifacts(
  folder: string,
  names: readonly string[],
): Promise<Record<string, Buffer>> {
  const entries = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}
