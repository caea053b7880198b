import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { ensureBuild } from '../../infra/build.js';
import type { BadInput } from '../bad-input/case.js';
import { badInputs } from '../bad-input/index.js';
import { startWorld, type World } from '../bad-input/world.js';
import { skipWithout } from '../support/missing.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));
const page = fileURLToPath(new URL('../../docs/bad-input.md', import.meta.url));

const introduction = `# What a bad input is answered with

Each row is made by the test that provokes it, on the command line, as a process of its own
(test/bad-input/, \`STREAMSAGE_REWRITE_DOCS=1 npx mocha --timeout 600000 test/cli/bad-input.itest.ts\` makes
this page anew). The line is what a user sees on standard error; where an answer has more, it is the one that tells of
the bad input. Nothing is left behind. A server that does not answer is asked three times, within seconds; nothing else is tried
again.

\`{server}\` stands for the address of the test's own web server, \`{temporal}\` and \`{store}\` for those of its Temporal
and its MinIO, \`{folder}\` for the folder where the command runs, \`{run}\` for the name of a
run that the command starts, \`{earlier run}\` for one before it, \`{time}\` and \`{seconds}\` for when and how long.
`;

interface Seen {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Names of the files that are there afterwards. */
  readonly left: readonly string[];
}

describe('a bad input', function () {
  this.timeout(600_000);
  const rows = new Map<BadInput, string>();
  const seen = new Map<BadInput, Seen | Error>();
  let world: World | undefined;
  before(async function () {
    await ensureBuild(() => undefined);
    world = await startWorld(this);
    const mounts = await mayMount();
    // Starting a process is most of the work: a few at a time.
    const waiting = badInputs
      .flatMap(({ cases }) => cases)
      .filter(({ disk }) => mounts || disk === undefined);
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        seen.set(next, await meet(next, world!).catch((error: unknown) => error as Error));
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
  });
  after(() => world?.stop());

  for (const { title, cases } of badInputs) {
    describe(title.toLowerCase(), () => {
      for (const bad of cases) {
        it(`${bad.what}: ${bad.accepted ? 'is accepted' : 'gives one clear line'}`, function () {
          const found = seen.get(bad);
          if (!found) return skipWithout(this, rightToMount);
          if (found instanceof Error) throw found;
          const { code, stdout, stderr, left } = found;
          assert.equal(code, bad.ends, stderr);
          assert.deepEqual(left, Object.keys(bad.files ?? {}).sort());
          const all = (bad.shows ? stdout + stderr : stderr).split('\n');
          const lines = all.filter((line) => line !== '' && (bad.shows?.test(line) ?? true));
          if (bad.accepted) assert.deepEqual(lines, []);
          else assert.equal(lines.length, 1, stderr);
          // eslint-disable-next-line no-control-regex
          assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|geheim/);
          assert.doesNotMatch(stderr, /^ +at /m);
          if (bad.ends !== 0 && !bad.shows) assert.equal(stdout, '');
          rows.set(bad, (lines[0] ?? '').replace(/ {2,}/g, ' '));
        });
      }
    });
  }

  // In a describe of its own: mocha runs a suite's own tests before those of the suites in it.
  describe('and its answer', () => {
    it('is what docs/bad-input.md says', async function () {
      const cases = badInputs.flatMap((part) => part.cases);
      if (cases.some((bad) => !seen.has(bad))) skipWithout(this, rightToMount);
      if (rows.size < cases.length) this.skip();
      const cell = (text: string) => text.replaceAll('|', '\\|');
      const tables = badInputs.map(({ title, cases }) =>
        [
          `## ${title}\n`,
          '| input | exit code | line |',
          '| --- | --- | --- |',
          ...cases.map((bad) => {
            const line = rows.get(bad)!;
            const code = cell(line).replace(/^`|`$/g, (edge, at) => (at === 0 ? ` ${edge}` : `${edge} `));
            return `| ${cell(bad.what)} | ${bad.ends} | ${line === '' ? 'accepted' : `\`\`${code}\`\``} |`;
          }),
        ].join('\n'),
      );
      const made = await format([introduction, ...tables].join('\n\n'), {
        ...(await resolveConfig(page)),
        filepath: page,
      });
      if (process.env['STREAMSAGE_REWRITE_DOCS']) await writeFile(page, made);
      assert.equal(await readFile(page, 'utf8'), made);
    });
  });
});

const rightToMount = 'the right to mount (unshare)';
const asRoot = (script: string, words: readonly string[]) => ['-rm', 'sh', '-c', script, 'sh', ...words];

function mayMount(): Promise<boolean> {
  const tried = promisify(execFile)('unshare', asRoot(`mount -t tmpfs tmpfs ${tmpdir()}`, []));
  return tried.then(
    () => true,
    () => false,
  );
}

/** Runs a case in a folder of its own. */
async function meet(bad: BadInput, world: World): Promise<Seen> {
  const { files = {}, argv, input, environment = {}, server, disk } = bad;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'streamsage-bad-')));
  const web = createServer((request, response) => {
    const { status, headers, body } = server?.(request.url ?? '') ?? { status: 500 };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(web.address() as AddressInfo).port}`;
  const filled = (text: string) => text.replaceAll('{server}', `http://${host}`).replaceAll('{host}', host);
  try {
    await bad.before?.(world);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const command = [process.execPath, program, ...argv.map(filled)];
    const mount = `mkdir runs && mount -t tmpfs -o ${disk ?? ''} tmpfs runs && exec "$@"`;
    const [name, ...words] = disk === undefined ? command : ['unshare', ...asRoot(mount, command)];
    const child = spawn(name!, words, {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        STREAMSAGE_STATE: join(folder, 'state'),
        STREAMSAGE_MOVIELENS_URL: 'http://127.0.0.1:1/',
        ...(bad.servers ? world.environment : {}),
        ...Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, filled(text)])),
      },
    });
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    const left = found
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
    const { TEMPORAL_ADDRESS: temporal, AWS_ENDPOINT_URL_S3: store } = world.environment;
    const plain = (seen: string) =>
      seen
        .replaceAll(folder, '{folder}')
        .replaceAll(`http://${host}`, '{server}')
        .replaceAll(host, '{server}')
        .replaceAll(store!, '{store}')
        .replaceAll(temporal!, '{temporal}')
        .replace(/[a-z0-9-]+-\d{8}-\d{6}-[0-9a-f]{4}\b/g, '{run}')
        .replace(/\brun-\d+\b/g, '{earlier run}')
        .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?/g, '{time}')
        .replace(/\b\d+\.\d s\b/g, '{seconds} s');
    return { code, stdout: plain(await stdout), stderr: plain(await stderr), left: left.sort() };
  } finally {
    web.closeAllConnections();
    web.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream.setEncoding('utf8')) all += String(chunk);
  return all;
}
