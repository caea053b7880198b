import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotConfiguredError } from '../../adapters/errors.js';
import {
  loadMovieLensSources,
  loadPrivateSourcesAllowed,
  loadPulseFile,
  loadSettings,
} from '../../adapters/settings.js';

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

  it('take a variable that is empty for one that is not set', () => {
    stack(folder);
    const empty = {
      STREAMSAGE_STATE: folder,
      TEMPORAL_ADDRESS: '',
      AWS_ENDPOINT_URL_S3: '',
      AWS_REGION: '',
      STREAMSAGE_BUCKET: '',
    };
    assert.equal(loadSettings(empty).s3.endpoint, 'http://127.0.0.1:9099');
    const { s3 } = loadSettings({ ...empty, AWS_ENDPOINT_URL: 'http://s3.example' });
    assert.deepEqual(s3, { endpoint: 'http://s3.example', region: 'us-east-1', bucket: 'streamsage' });
    const { temporal } = loadSettings({
      ...empty,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: '',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: '',
    });
    assert.equal(temporal.connection.tls, undefined);
    assert.equal(temporal.connection.apiKey, undefined);
  });

  it('turn TLS on with an API key, and off where that is said', () => {
    const keyed = { TEMPORAL_ADDRESS: 'x:1', STREAMSAGE_BUCKET: 'mine', TEMPORAL_API_KEY: 'k' };
    assert.equal(loadSettings(keyed).temporal.connection.tls, true);
    assert.equal(loadSettings({ ...keyed, TEMPORAL_TLS: 'false' }).temporal.connection.tls, false);
  });

  it("take Temporal's profile, with its TLS and key", () => {
    const file = join(folder, 'temporal.toml');
    writeFileSync(file, '[profile.cloud]\naddress = "cloud.example:7233"\nnamespace = "ml"\napi_key = "k"\n');
    const place = { TEMPORAL_CONFIG_FILE: file, STREAMSAGE_BUCKET: 'mine' };
    const { temporal } = loadSettings({ ...place, TEMPORAL_PROFILE: 'cloud' });
    assert.deepEqual([temporal.address, temporal.namespace], ['cloud.example:7233', 'ml']);
    assert.equal(temporal.connection.apiKey, 'k');
    assert.throws(
      () => loadSettings({ ...place, TEMPORAL_PROFILE: 'other' }),
      (error: Error) => error instanceof NotConfiguredError && /TEMPORAL_.*other/.test(error.message),
    );
  });

  it('refuse what would mean another server than the local one, and name the variable', () => {
    stack(folder);
    const local = { STREAMSAGE_STATE: folder };
    const empty = join(folder, 'temporal.toml');
    writeFileSync(empty, '[profile.default]\nnamespace = "ml"\n');
    const none = join(folder, 'none.toml');
    const wrong: [Record<string, string>, RegExp][] = [
      [{ TEMPORAL_CONFIG_FILE: none }, /TEMPORAL_CONFIG_FILE to name a file, got `.*none\.toml`/],
      [{ TEMPORAL_CONFIG_FILE: none, TEMPORAL_ADDRESS: 'x:1' }, /TEMPORAL_CONFIG_FILE to name a file/],
      [{ TEMPORAL_CONFIG_FILE: empty }, /TEMPORAL_ADDRESS.*beside TEMPORAL_CONFIG_FILE, got neither/],
      [{ TEMPORAL_API_KEY: 'geheim' }, /TEMPORAL_ADDRESS beside TEMPORAL_API_KEY, got none/],
      [{ TEMPORAL_TLS: 'true' }, /TEMPORAL_ADDRESS beside TEMPORAL_TLS, got none/],
      [{ TEMPORAL_TLS_CLIENT_KEY_PATH: 'k' }, /beside TEMPORAL_TLS_CLIENT_KEY_PATH, got none/],
      [{ TEMPORAL_GRPC_META_TENANT: 'a' }, /beside TEMPORAL_GRPC_META_TENANT, got none/],
    ];
    for (const [given, message] of wrong) {
      assert.throws(
        () => loadSettings({ ...local, ...given }),
        (error: Error) => {
          assert.ok(error instanceof NotConfiguredError, error.stack);
          assert.match(error.message, message);
          return !error.message.includes('geheim');
        },
      );
    }
  });

  it('refuse an address that is none before anything waits for it, and keep a password to themselves', () => {
    const wrong = {
      TEMPORAL_ADDRESS: [
        'not an address',
        'http://x:1',
        'x:1/y',
        'x:65536',
        'x:port',
        'a@b',
        'x\u001b[2J:1',
        'a:geheim@x:1',
      ],
      AWS_ENDPOINT_URL_S3: ['not an address', 'x:9000', 'ftp://x', 'http://', 'http://a:geheim@x', '/x'],
    };
    const right = { TEMPORAL_ADDRESS: 'x:1', AWS_ENDPOINT_URL_S3: 'http://x:9000' };
    for (const [name, addresses] of Object.entries(wrong)) {
      for (const address of addresses) {
        assert.throws(
          () => loadSettings({ ...right, [name]: address }),
          (error: Error) => {
            assert.ok(error instanceof NotConfiguredError, error.stack);
            assert.match(error.message, new RegExp(`^Expected ${name}, or .* got `));
            return !error.message.includes('geheim');
          },
        );
      }
    }
    for (const address of [
      'x',
      'x:1',
      '127.0.0.1:7233',
      '[::1]:7233',
      'köln.example:443',
      'my_host-1:7233',
    ]) {
      assert.equal(loadSettings({ ...right, TEMPORAL_ADDRESS: address }).temporal.address, address);
    }
  });

  it("take a namespace alone for one of the local server's, and TLS that is off for what it is", () => {
    stack(folder);
    const { temporal } = loadSettings({
      STREAMSAGE_STATE: folder,
      TEMPORAL_NAMESPACE: 'films',
      TEMPORAL_TLS: 'false',
    });
    assert.deepEqual(
      [temporal.address, temporal.namespace, temporal.isLocal],
      ['127.0.0.1:7299', 'films', true],
    );
    assert.equal(loadSettings({ STREAMSAGE_STATE: folder }).temporal.namespace, 'default');
  });

  it('are not taken from a stack that has no such part, or that another version wrote', () => {
    stack(folder);
    const path = join(folder, 'stack.json');
    const whole = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const wrong: [unknown, RegExp][] = [
      [{ version: 1, parts: {} }, /`temporal`.*streamsage up/],
      [{ ...whole, s3: undefined }, /AWS_ENDPOINT_URL_S3.*`s3`/],
      [{ ...whole, version: 2 }, /`version`/],
      [[], /streamsage up/],
    ];
    for (const [content, message] of wrong) {
      writeFileSync(path, JSON.stringify(content));
      assert.throws(
        () => loadSettings({ STREAMSAGE_STATE: folder }),
        (error: Error) => error instanceof NotConfiguredError && message.test(error.message),
        String(message),
      );
    }
    writeFileSync(path, '{"version":');
    assert.throws(() => loadSettings({ STREAMSAGE_STATE: folder }), NotConfiguredError);
  });

  it('take from a stack the one part that the environment does not name', () => {
    stack(folder);
    const path = join(folder, 'stack.json');
    const whole = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...whole, s3: undefined }));
    const { temporal } = loadSettings({ STREAMSAGE_STATE: folder, STREAMSAGE_BUCKET: 'mine' });
    assert.equal(temporal.address, '127.0.0.1:7299');
  });

  it('say when the credentials cannot be read, and show none of them', async () => {
    stack(folder);
    const { s3 } = loadSettings({ STREAMSAGE_STATE: folder });
    const refused = (reason: RegExp) =>
      assert.rejects(s3.credentials!(), (error: Error) => {
        assert.ok(error instanceof NotConfiguredError);
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /geheim/);
        return true;
      });
    for (const text of ['geheim', '{"accessKeyId":"geheim"}']) {
      writeFileSync(join(folder, 'pipeline.json'), text);
      await refused(/pipeline\.json, got: not the JSON.*streamsage up/);
    }
    rmSync(join(folder, 'pipeline.json'));
    await refused(/got: ENOENT.*streamsage up/);
  });

  it('say how to get some when there are none', () => {
    assert.throws(
      () => loadSettings({ STREAMSAGE_STATE: join(folder, 'none') }),
      (error: Error) =>
        error instanceof NotConfiguredError && /TEMPORAL_ADDRESS.*streamsage up/.test(error.message),
    );
  });

  it('name a file for a health check only where one is configured', () => {
    assert.equal(loadPulseFile({}), undefined);
    assert.equal(loadPulseFile({ STREAMSAGE_PULSE_FILE: '' }), undefined);
    assert.equal(loadPulseFile({ STREAMSAGE_PULSE_FILE: '/tmp/pulse' }), '/tmp/pulse');
  });

  it('name the publisher and mirrors, or what is configured in their place', () => {
    const [publisher, ...mirrors] = loadMovieLensSources({});
    assert.equal(publisher?.url, 'https://files.grouplens.org/datasets/movielens/ml-100k.zip');
    assert.ok(mirrors.length >= 2);
    assert.ok(mirrors.every(({ name, url }) => name !== undefined && url.startsWith('https://')));
    const configured = (text: string) => loadMovieLensSources({ STREAMSAGE_MOVIELENS_URL: text });
    assert.deepEqual(configured('http://a/x.zip, near=http://b/y.zip?c=d'), [
      { url: 'http://a/x.zip' },
      { name: 'near', url: 'http://b/y.zip?c=d' },
    ]);
    assert.deepEqual(configured('http://a/x.zip?b=c,'), [{ url: 'http://a/x.zip?b=c' }]);
    assert.deepEqual(configured(' , '), loadMovieLensSources({}));
  });

  it('keep sources out of this network unless that is allowed in so many words', () => {
    assert.equal(loadPrivateSourcesAllowed({}), false);
    assert.equal(loadPrivateSourcesAllowed({ STREAMSAGE_ALLOW_PRIVATE_SOURCES: '' }), false);
    assert.equal(loadPrivateSourcesAllowed({ STREAMSAGE_ALLOW_PRIVATE_SOURCES: 'true' }), true);
    assert.throws(
      () => loadPrivateSourcesAllowed({ STREAMSAGE_ALLOW_PRIVATE_SOURCES: 'yes' }),
      /true or false/,
    );
  });
});
