import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { startChromium } from '../support/chromium.js';
import { ensureKernel } from '../support/kernel.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { sharedFile } from '../support/shared-folder.js';
import { killForGood, startStack, type TestStack } from '../support/stack.js';
import { openWebUi, type WebUi } from '../support/web-ui.js';

/**
 * What a person sees who has Temporal's web UI and nothing else. With STREAMSAGE_SCREENSHOTS=<folder> it is also put
 * into pictures (docs/web-ui.md), on MovieLens 100K where that is there.
 */
const folder = process.env['STREAMSAGE_SCREENSHOTS'];
const movielens = sharedFile('data/ml-100k.zip');

describe("a run in Temporal's web UI, in Chromium", function () {
  this.timeout(900_000);
  let browser: Browser;
  let stack: TestStack;
  let ui: WebUi;
  let source: string;
  let finished: string;
  let running: string;
  // Of the small data set, more: its epochs take a fraction of a second.
  const epochs = folder === undefined ? '4000' : '200';

  before(async function () {
    browser = await startChromium(this);
    await ensureKernel();
    stack = await startStack();
    source = folder !== undefined && existsSync(movielens) ? movielens : await smallRatingsFile(stack.folder);
    ui = await openWebUi(browser, stack.settings.temporal, folder);
  });

  after(async () => {
    // Where there is no Chromium, there is nothing to end.
    await (browser as Browser | undefined)?.close();
    await (stack as TestStack | undefined)?.stop();
  });

  const start = async (from: string, ...flags: string[]): Promise<string> => {
    const command = ['train', '--source', from, ...flags, '--detach', '--json'];
    const { stdout, stderr } = await stack.streamsage(...command);
    assert.match(stdout, /"run"/, stderr);
    return (JSON.parse(stdout) as { run: string }).run;
  };

  it('that has finished: metrics beside what they must beat, artifacts, links, and how to fetch them', async () => {
    finished = await start(source);
    const text = await ui.openRun(finished, 'user-metadata', /Done: ROC AUC 0\.\d{4}/);
    assert.match(text, /test accuracy\s+\d\.\d{4}\s+\d\.\d{4}\s+majority class alone: (no )?better/);
    assert.match(text, /binge_model\.h5\s+\d+\.\d kB\s+[0-9a-f]{16}\n/);
    assert.match(text, new RegExp(`^npx --no-install streamsage artifacts get ${finished}$`, 'm'));
    assert.match(text, /✓ train\s+\d+\.\d s/);
    assert.match(text, /Recipe notebook\n/);
    assert.match(text, /Started by hand/);
    assert.match(text, /^npx --no-install streamsage train --source \S+$/m);
    const { s3 } = stack.settings;
    const frame = ui.page.frames().find((one) => one.url().includes('Done'));
    const link = await frame!.getByRole('link', { name: 'model' }).getAttribute('href');
    assert.equal(link, `${s3.console}/browser/${s3.bucket}/runs%2F${finished}%2Fbinge_model.h5`);
    await ui.picture('finished');
  });

  it('in its timeline: what each stage is about', async () => {
    const text = await ui.openRun(finished, 'history', /train • 10 epochs · wasm on the CPU/);
    assert.match(text, /evaluate • [\d,]+ test windows/);
    await ui.page.getByRole('button', { name: 'Minimized' }).click();
    await ui.picture('timeline', { from: 'Event History', to: 'Event ID' });
  });

  it('that has failed: why, and the command that tries again', async () => {
    // From a bucket, since a file would be refused before it is a run.
    const { s3 } = stack.settings;
    await createS3ObjectStore(s3).put('inbox/ratings', await readFile(source), 'application/octet-stream');
    const flags = ['--sequence-length', '1000', '--on-failure', 'fail'];
    const failed = await start(`s3://${s3.bucket}/inbox/ratings`, ...flags);
    const text = await ui.openRun(failed, 'user-metadata', /Failed in window: InvalidDataError/);
    assert.match(text, /Expected a user with more than `sequenceLength` = 1000 ratings/);
    assert.match(
      text,
      /^npx --no-install streamsage train --source s3:\/\/streamsage\/inbox\/ratings( \\\n {2}| )--sequence-length 1000$/m,
    );
    assert.match(
      text,
      new RegExp(
        `✓ preprocess\\s+\\d\\.\\d s {2}from the store\\n {4}same inputs and parameters as run\\s+${finished}`,
      ),
    );
    await ui.picture('failed');
  });

  it('that is blocked: why, until when, and what to type; and, once it is repaired, how', async () => {
    const address = `s3://${stack.settings.s3.bucket}/inbox/ratings`;
    const blocked = await start(address, '--sequence-length', '999');
    const text = await ui.openRun(blocked, 'user-metadata', /Blocked in window: InvalidDataError/);
    assert.match(text, /The run waits until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    assert.match(text, new RegExp(`^npx --no-install streamsage runs repair ${blocked}$`, 'm'));
    assert.match(text, /■ window\s+blocked/);
    await ui.picture('blocked');
    const list = await stack.streamsage('runs', 'list', '--outcome', 'blocked');
    assert.match(list.stdout, new RegExp(`${blocked} +blocked`));
    // What the page says, with a value that helps.
    const words = ['runs', 'repair', blocked, '--set', 'sequenceLength=6'];
    const repaired = await stack.streamsage(...words);
    assert.equal(repaired.code, 0, repaired.stderr);
    const after = await ui.openRun(blocked, 'user-metadata', /Done: ROC AUC/);
    assert.match(after, /Repaired in window at .* UTC, after InvalidDataError: sequenceLength=6\./);
    await ui.picture('repaired');
  });

  it('that trains for long: how far it is', async () => {
    running = await start(source, '--epochs', epochs, '--seed', '7');
    const text = await ui.openRun(
      running,
      'user-metadata',
      new RegExp(`Training: (1[5-9]|[2-9]\\d|\\d{3,}) of ${epochs} epochs`),
    );
    assert.match(text, /▶ train\s+running since \d\d:\d\d:\d\d UTC\n/);
    assert.match(text, /epoch\s+loss\s+accuracy\s+val_loss\s+val_accuracy\n\s+\d+\s+0\.\d{4}/);
    assert.match(text, /This page hears of every \d+th epoch\./);
    assert.match(text, /Pending Activities says which attempt this is/);
    await ui.picture('running');
  });

  it('that waits behind another: since when, and what to type', async () => {
    const behind = await start(source, '--epochs', epochs, '--seed', '8');
    const text = await ui.openRun(
      behind,
      'user-metadata',
      /Waiting for a training worker since \d\d:\d\d:\d\d UTC/,
    );
    assert.match(text, /^npx --no-install streamsage status$/m);
    await ui.picture('waiting');
    // Else it trains when the other one does not.
    await stack.streamsage('runs', 'cancel', behind);
    await ui.openRun(behind, 'user-metadata', /Cancelled in train/);
  });

  it('that cannot reach the store: which attempt this is, and why the last one failed', async () => {
    await killForGood((await stack.parts())['minio']!.pid!);
    const text = await ui.openRun(
      running,
      'pending-activities',
      // The first failure is that of a checkpoint, which has a cause with a stack: not for a picture.
      /([3-9]|\d\d) of 100[^]*StoreUnreachableError/,
    );
    assert.match(text, /Expected an answer from bucket `streamsage`/);
    await ui.picture('retrying', { to: 'Stack Trace' });
    assert.equal((await stack.stack('up')).code, 0);
  });

  it('that was tried again: from where it went on', async () => {
    const text = await ui.openRun(running, 'user-metadata', /Attempt \d+ went on from epoch \d+/);
    assert.match(text, /Training: \d+ of \d+ epochs done/);
    await stack.streamsage('runs', 'cancel', running);
    await ui.openRun(running, 'user-metadata', /Cancelled in train/);
  });

  it('among others, by data set, outcome and AUC', async () => {
    const columns = ['Status', 'Workflow ID', 'StreamSageOutcome', 'StreamSageAuc', 'StreamSageRecipe'];
    const setting = { [stack.settings.temporal.namespace]: columns.map((label) => ({ label })) };
    await ui.page.evaluate(
      `localStorage.setItem('namespace-workflow-table-columns', ${JSON.stringify(JSON.stringify(setting))})`,
    );
    const only = encodeURIComponent('StreamSageOutcome="completed" AND StreamSageAuc>0.1');
    const found = await ui.open(`/workflows?query=${only}`, new RegExp(finished));
    assert.doesNotMatch(found, new RegExp(running));
    const all = await ui.open('/workflows', /notebook, sequenceLength=1000/);
    for (const text of [finished, running, 'StreamSageAuc', 'failed', 'cancelled'])
      assert.ok(all.includes(text), text);
    await ui.picture('list', { to: 'No Views' });
  });

  it('that a schedule started: that nothing has changed, and beside it the schedule', async () => {
    const made = await stack.streamsage(
      ...['schedule', 'create', 'nightly', '--cron', '0 2 * * *', '--source', source],
    );
    assert.equal(made.code, 0, made.stderr);
    const triggered = await stack.streamsage('schedule', 'trigger', 'nightly');
    assert.equal(triggered.code, 0, triggered.stderr);
    const schedule = await ui.open('/schedules/nightly', /nightly-20\d\d-/);
    await ui.picture('schedule', { to: 'Notes' });
    const run = /nightly-20[\dT:-]+Z/.exec(schedule)![0];
    const text = await ui.openRun(run, 'user-metadata', /Unchanged: nothing to train/);
    assert.match(text, new RegExp(`are those of ${finished}`));
    assert.match(text, /by schedule nightly/);
    assert.match(text, /– train\s+skipped/);
    await ui.picture('unchanged');
  });

  it('is found by every query that docs/web-ui.md shows', async () => {
    const text = await readFile(new URL('../../docs/web-ui.md', import.meta.url), 'utf8');
    const queries = [...text.matchAll(/^\|[^|]+\| `([^`]+)` +\|$/gm)].map(([, query]) => query!);
    assert.ok(queries.length > 5);
    const { ui: address, namespace } = stack.settings.temporal;
    for (const query of queries) {
      const answer = await fetch(
        `${address}/api/v1/namespaces/${namespace}/workflows?query=${encodeURIComponent(query)}`,
      );
      assert.equal(answer.status, 200, `${query}: ${await answer.text()}`);
    }
  });
});
