import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium, findChromium } from '../../infra/chromium.js';

describe('Chromium', () => {
  let folder: string;
  let calls: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'streamsage-'));
    calls = join(folder, 'calls');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program in the only folder on PATH. */
  const program = (name: string, body: string): string => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return join(folder, name);
  };
  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ PATH: folder, ...more });
  /** An apt-get that notes how it was called, and installs an empty program. */
  const workingApt = () =>
    program(
      'apt-get',
      `echo "$DEBIAN_FRONTEND $*" >> ${calls}\n: > ${folder}/chromium\n/bin/chmod 755 ${folder}/chromium`,
    );

  it('is found on PATH under any of its names, or where it is said to be', () => {
    assert.equal(findChromium(environment()), undefined);
    const chrome = program('google-chrome', '');
    assert.equal(findChromium(environment()), chrome);
    const chromium = program('chromium', '');
    assert.equal(findChromium(environment()), chromium);
    assert.equal(findChromium(environment({ STREAMSAGE_CHROMIUM: chrome })), chrome);
    assert.throws(
      () => findChromium(environment({ STREAMSAGE_CHROMIUM: '/nowhere/chromium' })),
      /STREAMSAGE_CHROMIUM=\/nowhere\/chromium, got nothing there/,
    );
  });

  it("is installed on a CI machine as root, and never on anyone else's", async () => {
    workingApt();
    assert.equal(await ensureChromium(environment(), 0), undefined);
    assert.equal(await ensureChromium(environment({ CI: 'true' }), 1000), undefined);
    assert.ok(!existsSync(calls));
    assert.equal(await ensureChromium(environment({ CI: 'true' }), 0), join(folder, 'chromium'));
    const [update, install] = readFileSync(calls, 'utf8').split('\n');
    assert.match(update!, /^noninteractive update /);
    assert.match(install!, /^noninteractive install .*--no-install-recommends chromium$/);
  });

  it('is not installed twice', async () => {
    workingApt();
    const chromium = program('chromium', '');
    assert.equal(await ensureChromium(environment({ CI: 'true' }), 0), chromium);
    assert.ok(!existsSync(calls));
  });

  it('that cannot be installed is one line', async () => {
    program('apt-get', 'echo "E: no network"\necho "E: try later"\nexit 100');
    const lines: string[] = [];
    const { error } = console;
    console.error = (line: string) => lines.push(line);
    try {
      assert.equal(await ensureChromium(environment({ CI: 'true' }), 0), undefined);
    } finally {
      console.error = error;
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /could not be installed: .*ended with 100: E: no network E: try later$/);
  });
});
