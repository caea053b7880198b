import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { publishRun } from '../../artifacts/runs.js';
import { main } from '../../cli/main.js';
import { manifestOf } from '../support/manifest.js';
import { startS3Proxy } from '../support/s3-proxy.js';
import { type S3Server, s3Environment, startS3Server } from '../support/s3-server.js';

describe('`artifacts get` on a way that breaks off', () => {
  const environment = { ...process.env };
  let server: S3Server;
  let folder: string;
  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'streamsage-resume-'));
    server = await startS3Server(this);
  });
  after(async () => {
    process.env = environment;
    await (server as S3Server | undefined)?.stop();
    await rm(folder, { recursive: true });
  });

  it('ends with 3, keeps what has come, and asks for the rest the next time', async () => {
    const text = Array.from({ length: 500_000 }, (_, index) => String(index % 7)).join('');
    const store = createS3ObjectStore(server.settings);
    await publishRun(store, await manifestOf(store, 'run', { 'model.h5': text }));
    const proxy = await startS3Proxy(server.settings.endpoint);
    const notes: string[] = [];
    const get = () =>
      main(['artifacts', 'get', 'run', '--output', folder], {
        result: () => undefined,
        note: (line) => void notes.push(line),
      });
    try {
      const reached = { AWS_ENDPOINT_URL_S3: proxy.endpoint, STREAMSAGE_STATE: '/nowhere' };
      Object.assign(process.env, await s3Environment(server), reached);
      const path = `/${server.settings.bucket}/objects/`;
      const partial = join(folder, 'run', '.model.h5.partial');
      proxy.cutNextGet(path, 200_000);
      assert.equal(await get(), 3, notes.join('\n'));
      const { size } = await stat(partial);
      assert.ok(size > 100_000 && size < 200_000, `${size}`);
      await assert.rejects(stat(join(folder, 'run', 'model.h5')), { code: 'ENOENT' });

      proxy.cutNextGet(path, 100_000);
      assert.equal(await get(), 3, notes.join('\n'));
      const then = (await stat(partial)).size;
      assert.ok(then > size && then < 300_000, `${then}`);

      assert.equal(await get(), 0, notes.join('\n'));
      assert.equal(await readFile(join(folder, 'run', 'model.h5'), 'utf8'), text);
      const ranges = proxy.gets
        .filter((head) => head.startsWith(`GET ${path}`))
        .map((head) => /^range: (.*)$/im.exec(head)?.[1]?.trim());
      assert.deepEqual(ranges, [undefined, `bytes=${size}-`, `bytes=${then}-`]);
    } finally {
      await proxy.close();
    }
  });
});
