import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ensureBuild } from '../../infra/build.js';
import type { BadInput } from '../bad-input/case.js';
import { badInputs } from '../bad-input/index.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));
const page = fileURLToPath(new URL('../../docs/bad-input.md', import.meta.url));

const introduction = `# What a bad input is answered with

Each row is made by the test that provokes it, on the command line, as a process of its own
(test/bad-input/, \`STREAMSAGE_REWRITE_DOCS=1 npx mocha --timeout 600000 test/cli/bad-input.itest.ts\` makes
this page anew). The line is what a user sees on standard error. Nothing is left behind, and nothing is tried again.

\`{server}\` stands for the address of the test's own web server.
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
  const seen = new Map<BadInput, Seen>();
  before(async () => {
    await ensureBuild(() => undefined);
    // Starting a process is most of the work: a few at a time.
    const waiting = badInputs.flatMap(({ cases }) => cases);
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) seen.set(next, await meet(next));
    };
    await Promise.all(Array.from({ length: 6 }, worker));
  });

  for (const { title, cases } of badInputs) {
    describe(title.toLowerCase(), () => {
      for (const bad of cases) {
        it(`${bad.what}: ${bad.ends === 0 ? 'is accepted' : 'gives one clear line'}`, () => {
          const { code, stdout, stderr, left } = seen.get(bad)!;
          assert.equal(code, bad.ends, stderr);
          assert.deepEqual(left, Object.keys(bad.files ?? {}).sort());
          const lines = stderr.split('\n').filter((line) => line !== '');
          if (bad.accepted) assert.deepEqual(lines, []);
          else assert.equal(lines.length, 1, stderr);
          // eslint-disable-next-line no-control-regex
          assert.doesNotMatch(stderr, /[\u0000-\u0009\u000b-\u001f\u007f]|geheim/);
          if (bad.ends !== 0) assert.equal(stdout, '');
          rows.set(bad, lines[0] ?? '');
        });
      }
    });
  }

  // In a describe of its own: mocha runs a suite's own tests before those of the suites in it.
  describe('and its answer', () => {
    it('is what docs/bad-input.md says', async function () {
      if (rows.size < badInputs.flatMap(({ cases }) => cases).length) this.skip();
      const cell = (text: string) => text.replaceAll('|', '\\|');
      const tables = badInputs.map(({ title, cases }) =>
        [
          `## ${title}\n`,
          '| input | exit code | line |',
          '| --- | --- | --- |',
          ...cases.map((bad) => {
            const line = rows.get(bad)!;
            return `| ${cell(bad.what)} | ${bad.ends} | ${line === '' ? 'accepted' : `\`\`${cell(line)}\`\``} |`;
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

/** Runs a case in a folder of its own. */
async function meet({ files = {}, argv, input, environment = {}, server }: BadInput): Promise<Seen> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'streamsage-bad-')));
  const web = createServer((request, response) => {
    const { status, headers, body } = server?.(request.url ?? '') ?? { status: 500 };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const filled = (text: string) => text.replaceAll('{server}', address);
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const child = spawn(process.execPath, [program, ...argv.map(filled)], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        STREAMSAGE_STATE: join(folder, 'state'),
        STREAMSAGE_MOVIELENS_URL: 'http://127.0.0.1:1/',
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
    const plain = (seen: string) => seen.replaceAll(folder, '{folder}').replaceAll(address, '{server}');
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
