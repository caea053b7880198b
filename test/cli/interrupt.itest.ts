import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../../infra/build.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));

describe('Ctrl-C', function () {
  this.timeout(120_000);
  before(() => ensureBuild(() => undefined));

  it('ends a download at once, says so, and leaves nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'streamsage-stop-'));
    // Sends a part and no more: the command waits in the middle of the file.
    const server = createServer(
      (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('x'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ml-100k.zip`;
    try {
      const child = spawn(process.execPath, [program, 'dataset'], {
        cwd: folder,
        env: { PATH: process.env['PATH'], STREAMSAGE_STATE: folder, STREAMSAGE_MOVIELENS_URL: address },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text) => (said += String(text)));
      await once(server, 'request');
      child.kill('SIGINT');
      const [code] = (await once(child, 'close')) as [number | null];
      assert.equal(code, 130);
      assert.equal(said, '\nstreamsage: interrupted. Nothing was written.\n');
      assert.deepEqual(await readdir(folder), []);
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
