import assert from 'node:assert/strict';
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { encryptAdminBody } from '../../infra/stack/admin-encryption.js';
import { pipelinePolicy, provisionMinio } from '../../infra/stack/minio-admin.js';
import { searchAttributes } from '../../infra/stack/parts.js';
import { freePort, isFree } from '../../infra/stack/ports.js';
import { isRunning, startTimeOf } from '../../infra/stack/processes.js';
import { signedHeaders } from '../../infra/stack/signature.js';
import { searchAttributes as workflowAttributes } from '../../workflows/search-attributes.js';

describe('ports', () => {
  it('that are taken are passed over', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    assert.equal(await isFree(port), false);
    assert.ok((await freePort(port)) > port);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await freePort(port), port);
    assert.ok((await freePort(port, new Set([port]))) > port);
  });
});

describe("the stack's search attributes", () => {
  it('are those of the workflows', () => {
    const wanted = Object.values(workflowAttributes).map(({ name, type }) => [name, type]);
    const made = Object.entries(searchAttributes).map(([name, type]) => [name, type.toUpperCase()]);
    assert.deepEqual(made, wanted);
  });
});

describe('a process of the stack', () => {
  it('is told from another that got its number', async () => {
    const startTime = (await startTimeOf(process.pid))!;
    assert.equal(await isRunning({ pid: process.pid, startTime, log: '' }), true);
    assert.equal(await isRunning({ pid: process.pid, startTime: '1', log: '' }), false);
    assert.equal(await isRunning({ pid: 999_999_999, startTime, log: '' }), false);
    assert.equal(await isRunning(undefined), false);
  });
});

describe("a body for MinIO's admin API", () => {
  it('can be opened with the same password, and is another each time', () => {
    const body = encryptAdminBody('password', Buffer.from('secret'));
    const [salt, nonce] = [body.subarray(0, 32), body.subarray(33, 41)];
    assert.equal(body[32], 2);
    const key = pbkdf2Sync('password', salt, 8192, 32, 'sha256');
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.concat([nonce, Buffer.from([1, 0, 0, 0])]));
    assert.equal(decipher.update(body.subarray(41, -16)).toString(), 'secret');
    assert.notDeepEqual(encryptAdminBody('password', Buffer.from('secret')), body);
  });
});

describe('a signature', () => {
  it("is the one of AWS's published example", () => {
    // "GET Bucket Lifecycle" in the S3 documentation of Signature Version 4.
    const headers = signedHeaders(
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      {
        method: 'GET',
        url: new URL('https://examplebucket.s3.amazonaws.com/?lifecycle='),
        body: new Uint8Array(),
        region: 'us-east-1',
        now: new Date('2013-05-24T00:00:00Z'),
      },
    );
    assert.match(
      headers['authorization']!,
      /Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/,
    );
  });
});

describe("the pipeline's policy", () => {
  it('names one bucket and no administration', () => {
    const resources = pipelinePolicy('mine').Statement.flatMap(({ Resource }) => Resource);
    assert.deepEqual(resources, ['arn:aws:s3:::mine', 'arn:aws:s3:::mine/*']);
    const actions = pipelinePolicy('mine').Statement.flatMap(({ Action }) => Action);
    assert.ok(actions.every((action) => /^s3:[A-Z][A-Za-z]+$/.test(action)));
  });
});

describe('setting MinIO up', () => {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const wanted = { bucket: 'mine', region: 'us-east-1', user: credentials };

  /** Sets up a server that refuses the first requests with this code. */
  async function provisionAgainst(code: string, refusals: number): Promise<string[]> {
    const served: string[] = [];
    const server = createHttpServer((request, response) => {
      if (refusals-- > 0) response.writeHead(503).end(`<Code>${code}</Code>`);
      else {
        served.push(new URL(request.url!, 'http://x').pathname);
        response.end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await provisionMinio(`http://127.0.0.1:${port}`, credentials, wanted);
      return served;
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it('waits while the server says that it is not initialised yet', async () => {
    const admin = '/minio/admin/v3';
    assert.deepEqual(await provisionAgainst('XMinioServerNotInitialized', 2), [
      '/mine',
      `${admin}/add-canned-policy`,
      `${admin}/add-user`,
      `${admin}/set-user-or-group-policy`,
    ]);
  });

  it('fails at once on any other refusal', async () => {
    await assert.rejects(provisionAgainst('AccessDenied', 1), /answered PUT \/mine with 503: .*AccessDenied/);
  });
});
