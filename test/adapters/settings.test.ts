import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotConfiguredError } from '../../adapters/errors.js';
import { loadMovieLensUrls, loadSettings } from '../../adapters/settings.js';

describe('settings', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'streamsage-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const stack = (state: string) => {
    const credentialsFile = join(state, 'pipeline.json');
    writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'key', secretAccessKey: 'secret' }));
    writeFileSync(
      join(state, 'stack.json'),
      JSON.stringify({
        version: 1,
        temporal: { address: '127.0.0.1:7299', namespace: 'default', ui: 'http://127.0.0.1:8299' },
        s3: { endpoint: 'http://127.0.0.1:9099', region: 'us-east-1', bucket: 'streamsage', credentialsFile },
        parts: {},
      }),
    );
  };

  it('come from the local stack', async () => {
    stack(folder);
    const { temporal, s3 } = loadSettings({ STREAMSAGE_STATE: folder });
    assert.equal(temporal.address, '127.0.0.1:7299');
    assert.equal(temporal.ui, 'http://127.0.0.1:8299');
    assert.equal(s3.endpoint, 'http://127.0.0.1:9099');
    assert.deepEqual(await s3.credentials?.(), { accessKeyId: 'key', secretAccessKey: 'secret' });
    assert.doesNotMatch(JSON.stringify({ temporal, s3 }), /secret/);
  });

  it('come from the environment before that, each on its own', () => {
    stack(folder);
    const environment = {
      STREAMSAGE_STATE: folder,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'ml',
    };
    const { temporal, s3 } = loadSettings(environment);
    assert.deepEqual([temporal.address, temporal.namespace], ['temporal.example:7233', 'ml']);
    assert.equal(s3.endpoint, 'http://127.0.0.1:9099');
    const other = loadSettings({
      STREAMSAGE_STATE: folder,
      AWS_ENDPOINT_URL_S3: 'http://s3.example',
      AWS_REGION: 'eu-west-1',
    });
    assert.deepEqual(other.s3, { endpoint: 'http://s3.example', region: 'eu-west-1', bucket: 'streamsage' });
  });

  it('name AWS itself by the bucket alone', () => {
    const { s3 } = loadSettings({ TEMPORAL_ADDRESS: 'x:1', STREAMSAGE_BUCKET: 'mine' });
    assert.deepEqual(s3, { region: 'us-east-1', bucket: 'mine' });
  });

  it('say how to get some when there are none', () => {
    assert.throws(
      () => loadSettings({ STREAMSAGE_STATE: join(folder, 'none') }),
      (error: Error) =>
        error instanceof NotConfiguredError && /TEMPORAL_ADDRESS.*streamsage up/.test(error.message),
    );
  });

  it("name the publisher's address, or those that are configured", () => {
    assert.deepEqual(loadMovieLensUrls({}), ['https://files.grouplens.org/datasets/movielens/ml-100k.zip']);
    assert.deepEqual(loadMovieLensUrls({ STREAMSAGE_MOVIELENS_URL: 'http://a/x.zip, http://b/y.zip' }), [
      'http://a/x.zip',
      'http://b/y.zip',
    ]);
  });
});
