import assert from 'node:assert/strict';
import { StoreAccessError, StoreFullError, TemporalUnreachableError } from '../../adapters/errors.js';
import { clockAhead, type StoreProbe } from '../../adapters/probe-store.js';
import { judgeDisk, judgeNode, judgeTensorflow } from '../../cli/check-machine.js';
import { judgeSources } from '../../cli/check-sources.js';
import { judgeStore } from '../../cli/check-store.js';
import { judgeAttributes, judgeQueues } from '../../cli/check-temporal.js';
import {
  type Check,
  describeFindings,
  exitCodeOfFindings,
  type Finding,
  type FindingState,
  runChecks,
} from '../../cli/findings.js';

const found = (state: FindingState): Finding => ({ check: 'a', state, says: 'b' });
const states = (findings: readonly Finding[]) => findings.map(({ state }) => state);

describe("the doctor's checks", () => {
  const check = (name: string, run: Check['run'], limitMs = 1000): Check => ({
    ...{ name, limitMs, run },
    whenSilent: 'warning',
  });

  it('all say what they found, in order, whatever one of them throws and however long one takes', async () => {
    let aborted = false;
    const hangs = check(
      'hangs',
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve([found('ok')]);
          });
        }),
      50,
    );
    const findings = await runChecks([
      check('throws', () => Promise.reject(new Error('no'))),
      check('throws at once', () => {
        throw new TemporalUnreachableError('gone');
      }),
      hangs,
      check('fine', () => Promise.resolve([found('ok'), found('warning')])),
    ]);
    assert.deepEqual(findings, [
      { check: 'throws', state: 'failed', says: 'no' },
      { check: 'throws at once', state: 'away', says: 'gone' },
      { check: 'hangs', state: 'warning', says: 'no answer within 0.05 s' },
      found('ok'),
      found('warning'),
    ]);
    assert.ok(aborted);
  });

  it('run side by side', async () => {
    let running = 0;
    let most = 0;
    const slow = check('slow', async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
      return [];
    });
    await runChecks([slow, slow, slow]);
    assert.equal(most, 3);
  });

  it('end with 0 where all is well, 1 where something fails, 3 where a server is away', () => {
    assert.equal(exitCodeOfFindings([found('ok'), found('warning')]), 0);
    assert.equal(exitCodeOfFindings([found('failed'), found('ok')]), 1);
    assert.equal(exitCodeOfFindings([found('failed'), found('away')]), 3);
  });

  it('fit 60 columns and lose nothing', () => {
    const says = `Expected a way to ${'x'.repeat(130)} and back, got none. Make one: npx --no-install streamsage up`;
    const lines = describeFindings([{ check: 'road', state: 'away', says }, found('ok')]);
    for (const line of lines) assert.ok(line.length <= 60, line);
    assert.ok(lines.slice(1, -1).every((line) => line.startsWith('      ')));
    const text = lines.slice(0, -1).map((line) => line.slice(6));
    assert.equal(text.join('').replaceAll(' ', ''), `road: ${says}`.replaceAll(' ', ''));
    assert.equal(lines.at(-1), 'ok    a: b');
  });
});

describe('what the doctor says of', () => {
  it('Node', () => {
    assert.equal(judgeNode('20.19.0', '20.19', 'linux-x64').state, 'ok');
    assert.equal(judgeNode('22.1.0', '20.19', 'linux-x64').state, 'ok');
    const old = judgeNode('20.18.3', '20.19', 'linux-x64');
    assert.equal(old.state, 'failed');
    assert.match(old.says, /20\.18\.3, expected 20\.19 or newer/);
    assert.equal(judgeNode('18.30.0', '20.19', 'linux-x64').state, 'failed');
  });

  it('TensorFlow and a GPU: that there is none is a fact, that one does not work is not', () => {
    const cpu = { available: true, gpu: false, runtimes: { cpu: 'tensorflow 2.21.0 cpu' }, reason: 'none' };
    assert.equal(judgeTensorflow(undefined, false).state, 'ok');
    assert.equal(judgeTensorflow(undefined, true).state, 'ok');
    assert.deepEqual(judgeTensorflow(cpu, false), {
      ...{ check: 'TensorFlow', state: 'ok' },
      says: 'tensorflow 2.21.0 cpu, no NVIDIA driver',
    });
    assert.equal(judgeTensorflow(cpu, true).state, 'warning');
    assert.equal(judgeTensorflow({ ...cpu, gpu: true }, true).state, 'ok');
    const broken = { available: false, gpu: false, runtimes: {}, reason: 'it does not load' };
    assert.deepEqual(judgeTensorflow(broken, false), {
      ...{ check: 'TensorFlow', state: 'warning' },
      says: 'it does not load; no NVIDIA driver',
    });
  });

  it('the room on a disk', () => {
    const judged = [2.1e9, 1.9e9, 0.1e9].map((bytes) => judgeDisk('disk', '/here', bytes, 'WHERE'));
    assert.deepEqual(states(judged), ['ok', 'warning', 'failed']);
    assert.match(judged[2]!.says, /100\.0 MB free for \/here, expected 2\.0 GB\. Make room, or set WHERE/);
  });

  it('who polls the queues', () => {
    const some = ['1@a'];
    const judge = (data: string[], cpu: string[], gpu: string[]) => states(judgeQueues({ data, cpu, gpu }));
    assert.deepEqual(judge(some, some, some), ['ok', 'ok', 'ok']);
    assert.deepEqual(judge(some, some, []), ['ok', 'ok', 'ok']);
    assert.deepEqual(judge(some, [], some), ['ok', 'warning', 'ok']);
    assert.deepEqual(judge([], [], []), ['failed', 'failed', 'ok']);
    const [data] = judgeQueues({ data: ['1@a', '2@a', '3@b', '4@b', '5@b'], cpu: [], gpu: [] });
    assert.equal(data?.says, '5 workers (1@a, 2@a, 3@b, and 2 more)');
  });

  it('search attributes', () => {
    const judge = (missing: string[], otherType: string[]) => judgeAttributes({ missing, otherType });
    assert.equal(judge([], []).state, 'ok');
    assert.equal(judge(['StreamSageAuc'], []).state, 'warning');
    assert.match(judge(['StreamSageAuc'], []).says, /StreamSageAuc missing.*provision temporal/);
    assert.equal(judge([], ['StreamSageAuc']).state, 'failed');
    assert.equal(judgeAttributes(undefined).state, 'warning');
  });

  it('sources: no way to any is a warning, that none can ever serve is a failure', () => {
    const judge = (...kinds: ('answers' | 'silent' | 'useless')[]) =>
      states(judgeSources(kinds.map((state) => ({ state, source: 'there' }))));
    assert.deepEqual(judge('answers', 'silent', 'useless'), ['ok', 'warning', 'warning']);
    assert.deepEqual(judge('silent', 'silent'), ['warning', 'warning']);
    assert.deepEqual(judge('useless', 'silent'), ['warning', 'warning']);
    assert.deepEqual(judge('useless', 'useless'), ['failed', 'failed']);
  });

  describe('the store:', () => {
    const settings = { region: 'here', bucket: 'ours', endpoint: 'http://store:9000' };
    const well: StoreProbe = { refused: {}, intact: true, clockAheadMs: 300 };
    const no = new StoreAccessError('Expected access, got AccessDenied');
    const judge = (probe: Partial<StoreProbe>) => judgeStore(settings, { ...well, ...probe });

    it('all is well', () => {
      assert.deepEqual(
        judge({}).map(({ state, says }) => `${state} ${says}`),
        [
          'ok bucket ours at http://store:9000 (path style)',
          'ok write, read, list, delete',
          'ok reads back what was written',
          "ok as the store's",
        ],
      );
      const [aws] = judgeStore({ region: 'here', bucket: 'ours' }, well);
      assert.equal(aws?.says, 'bucket ours at AWS S3 (bucket in the host name)');
    });

    it('nothing gets through: one line, and the clock', () => {
      const refused = { write: no, read: no, list: no, delete: no };
      assert.deepEqual(judge({ refused, intact: undefined }), [
        { check: 'store', state: 'away', says: no.message },
        { check: 'clock', state: 'ok', says: "as the store's" },
      ]);
    });

    it('one permission is missing: it is named, and fails', () => {
      const permissions = judge({ refused: { list: no, delete: no } })[1];
      assert.equal(permissions?.state, 'failed');
      assert.equal(permissions.says, 'cannot list, delete. Expected access, got AccessDenied');
      const full = judge({ refused: { write: new StoreFullError('Expected room') }, intact: undefined });
      assert.deepEqual(states(full), ['ok', 'failed', 'ok']);
    });

    it('what is read back is something else', () => {
      assert.deepEqual(states(judge({ intact: false })), ['ok', 'ok', 'failed', 'ok']);
    });

    it('its clock is more than five minutes off', () => {
      const clock = (clockAheadMs: number) => judge({ clockAheadMs }).at(-1)!;
      assert.equal(clock(299_000).state, 'ok');
      assert.equal(clock(299_000).says, "299 s behind the store's");
      assert.equal(clock(301_000).state, 'failed');
      assert.equal(clock(-301_000).state, 'failed');
      assert.match(clock(-301_000).says, /^301 s ahead of the store's/);
      assert.deepEqual(states(judge({ clockAheadMs: undefined })), ['ok', 'ok', 'ok']);
    });
  });

  it("a server's clock, from the date it answers with", () => {
    const asked = Date.parse('2026-11-25T12:00:00Z');
    assert.equal(clockAhead('Wed, 25 Nov 2026 12:00:00 GMT', asked, asked + 1000), 0);
    assert.equal(clockAhead('Wed, 25 Nov 2026 12:10:00 GMT', asked, asked), 600_500);
    assert.equal(clockAhead('yesterday', asked, asked), undefined);
    assert.equal(clockAhead(undefined, asked, asked), undefined);
  });
});
