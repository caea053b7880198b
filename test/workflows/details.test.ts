import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stages } from '../../predictor/config.js';
import type { BlockedState, StageState, TrainInput } from '../../workflows/contract.js';
import { refusedDetails, runDetails, type RunView } from '../../workflows/details.js';

const input: TrainInput = {
  source: {
    kind: 'uploaded',
    name: 'ml-100k.zip',
    ratings: { key: 'objects/sha256/06/06', sha256: '06'.repeat(32), bytes: 1_979_173 },
  },
  parameters: { epochs: 10 },
};
const waiting: RunView = {
  run: 'ml-100k-1',
  source: 'uploaded',
  input,
  stages: stages.map((stage) => ({ stage, state: 'waiting' })),
  epochs: [],
  totalEpochs: 10,
};
const done = stages.map((stage): StageState => ({ stage, state: 'done', result: 'miss', seconds: 1 }));
const epoch = { epoch: 10, loss: 0.08, accuracy: 0.98, valLoss: 0.075, valAccuracy: 0.983 };
const since = Date.UTC(2026, 10, 25, 14, 3, 21);
const plan = {
  engine: 'wasm',
  device: 'cpu',
  fastMath: false,
  runtime: 'wasm',
  reason: 'no GPU',
} as const;

/** Stages up to this one done, this one as given, the others waiting. */
function at(stage: StageState['stage'], now: Partial<StageState>): RunView {
  const index = stages.indexOf(stage);
  const states = stages.map((name, place): StageState => {
    if (place === index) return { stage: name, state: 'running', ...now };
    return { stage: name, state: place < index ? 'done' : 'waiting' };
  });
  return { ...waiting, stages: states };
}

const blocked: BlockedState = {
  ...{ stage: 'preprocess', type: 'InvalidDataError', message: 'line 7: rating 9', class: 'data' },
  ...{ since, until: since + 7 * 24 * 3_600_000 },
};

const mended = { stage: 'train', at: since, set: { batchSize: 16, learningRateSchedule: 'cosine' } } as const;

describe('run details for the web UI', () => {
  it('name every stage and its state, and where to look when it is slow', () => {
    const text = runDetails(waiting);
    for (const stage of stages) assert.match(text, new RegExp(`^· ${stage}`, 'm'));
    assert.match(text, /Pending Activities/);
    assert.doesNotMatch(text, /artifacts get/);
  });

  it('say what trains and why, which epoch it is at, and from where it went on', () => {
    const text = runDetails({
      ...at('train', { since, attempt: 3, toldEvery: 1, from: 'epoch 2' }),
      plan,
      epochs: [epoch],
    });
    assert.match(text, /^### Training: epoch 10 of 10/);
    assert.match(text, /▶ train +running since 14:03:21 UTC$/m);
    assert.match(text, /Attempt 3 went on from epoch 2\./);
    assert.match(text, /Engine: `wasm` on the CPU, because no GPU/);
    assert.match(text, /10 +0\.0800 +0\.9800 +0\.0750 +0\.9830/);
  });

  it('say which queue has no worker, and what to type, until a worker has planned the training', () => {
    const placement = { device: 'gpu', reason: 'asked for', attended: false } as const;
    const missing = /No worker polls `streamsage-train-gpu`\. Start one: .*STREAMSAGE_TRAIN_DEVICES=gpu/;
    assert.match(runDetails({ ...waiting, placement }), missing);
    assert.doesNotMatch(runDetails({ ...waiting, placement: { ...placement, attended: true } }), /Waiting/);
    const plan = { engine: 'tensorflow', device: 'gpu', fastMath: false, runtime: 'x', reason: 'y' } as const;
    assert.doesNotMatch(runDetails({ ...waiting, placement, plan }), /Waiting/);
  });

  it('do not claim to know the epoch of a training that tells of each 50th', () => {
    const text = runDetails({
      ...at('train', { since, attempt: 1, toldEvery: 50 }),
      plan,
      totalEpochs: 2000,
    });
    assert.match(text, /^### Training: 0 of 2000 epochs done/);
    assert.match(text, /This page hears of every 50th epoch\.$/m);
  });

  it('say why a run is blocked, until when, what to type, and which parameters can be changed', () => {
    const text = runDetails({ ...at('preprocess', { state: 'blocked' }), blocked });
    assert.match(text, /^### Blocked in preprocess: `InvalidDataError`/);
    assert.match(text, /^line 7: rating 9$/m);
    assert.match(text, /■ preprocess +blocked$/m);
    assert.match(text, /waits until 2026-12-02 14:03:21 UTC, then it fails/);
    assert.match(text, /^npx --no-install streamsage runs repair ml-100k-1$/m);
    assert.match(text, /`--set maxBadRows=100`/);
    assert.match(text, /^npx --no-install streamsage runs cancel ml-100k-1$/m);
    assert.doesNotMatch(text, /Pending Activities|### Failed/);
    const later = runDetails({
      ...at('train', { state: 'blocked' }),
      blocked: { ...blocked, stage: 'train' },
    });
    assert.match(later, /`--set NAME=VALUE`/);
    const cutting = { ...blocked, stage: 'window' } as const;
    const between = runDetails({ ...at('window', { state: 'blocked' }), blocked: cutting });
    assert.match(between, /`--set sequenceLength=5`/);
    assert.match(later, /another value for `epochs`, `batchSize`/);
    assert.doesNotMatch(later, /another value for .*`(seed|maxBadRows)`/);
    const last = runDetails({
      ...at('publish', { state: 'blocked' }),
      blocked: { ...blocked, stage: 'publish' },
    });
    assert.doesNotMatch(last, /--set/);
  });

  it('say what was repaired, when and how', () => {
    const repair = { stage: 'train', failure: 'OutOfMemoryError', at: since } as const;
    const text = runDetails({
      ...{ ...waiting, stages: done },
      repairs: [
        { ...repair, set: {} },
        { ...repair, set: { batchSize: 16, fastMath: true } },
      ],
    });
    assert.match(text, /^Repaired in train at 14:03:21 UTC, after `OutOfMemoryError`\.$/m);
    assert.match(text, /^Repaired in .*: `batchSize=16, fastMath=true`\.$/m);
  });

  it('say since when a training waits for a worker, and what to type', () => {
    const text = runDetails({ ...at('train', { since }), missingWorkerSince: since });
    assert.match(text, /^### Waiting for a training worker since 14:03:21 UTC/);
    assert.match(text, /^npx --no-install streamsage status$/m);
  });

  it('say what came from the store and from which run, and how long the rest took', () => {
    const text = runDetails({
      ...waiting,
      stages: [
        { stage: 'download', state: 'done', result: 'hit', reason: 'same as ml-100k-0', seconds: 0.02 },
        { stage: 'preprocess', state: 'done', result: 'miss', reason: 'x 1 → 2 |`y', seconds: 1.26 },
      ],
    });
    assert.match(text, /✓ download +0\.0 s {2}from the store\n {4}same as ml-100k-0$/m);
    assert.match(text, /✓ preprocess +1\.3 s\n {4}x 1 → 2 \|`y$/m);
  });

  it('give a reason that several stages share once', () => {
    const text = runDetails({
      ...waiting,
      stages: done.map((stage) => ({ ...stage, reason: 'none earlier' })),
    });
    assert.equal(text.match(/none earlier/g)?.length, 1);
  });

  it('show the metrics beside what they must beat, the artifacts, links, and how to fetch them', () => {
    const text = runDetails({
      ...waiting,
      stages: done,
      epochs: [epoch],
      metrics: {
        test: {
          ...{
            windows: 19_057,
            accuracy: 0.98,
            majorityAccuracy: 0.98,
            logLoss: 0.07,
            baseRateLogLoss: 0.08,
          },
          ...{ rocAuc: 0.70312, averagePrecisionStop: null },
        },
      },
      product: {
        artifacts: [{ name: 'binge_model.h5', key: 'k', sha256: 'ab'.repeat(32), bytes: 89_100 }],
        links: {
          model: 'http://127.0.0.1:9001/browser/b/runs%2Fx%2Fbinge_model.h5',
          no: 'javascript:alert(1)',
        },
      },
    });
    assert.match(text, /^### Done: ROC AUC 0\.7031 on the test part/);
    assert.match(text, /test part, 19,057 windows/);
    assert.match(text, /test accuracy +0\.9800 +0\.9800 +majority class alone: no better/);
    assert.match(text, /test log loss +0\.0700 +0\.0800 +base rate alone: better/);
    assert.match(text, /average precision, stops +not defined/);
    assert.match(text, /binge_model\.h5 +89\.1 kB {2}abababababababab$/m);
    assert.match(text, /\[model\]\(http:\/\/127\.0\.0\.1:9001\/browser/);
    assert.doesNotMatch(text, /javascript:/);
    assert.match(text, /^npx --no-install streamsage artifacts get ml-100k-1$/m);
    assert.match(text, /`runs\/ml-100k-1\/manifest\.json`/);
    assert.doesNotMatch(text, /Pending Activities/);
  });

  it('say why a run failed and what to type next, with the same flags', () => {
    const failure = { type: 'StoreAccessError', message: 'Expected access. `streamsage status`' };
    const text = runDetails({ ...at('preprocess', { state: 'failed' }), failure });
    assert.match(text, /^### Failed in preprocess: `StoreAccessError`/);
    assert.match(text, /^Expected access\. `streamsage status`$/m);
    assert.match(text, /`streamsage` is `npx --no-install streamsage`/);
    assert.match(text, /^npx --no-install streamsage train --source ml-100k\.zip --epochs 10$/m);
    assert.match(text, /`--refresh all`/);
  });

  it('say what an unchanged run equals, how to fetch that, and what it left out', () => {
    const text = runDetails({
      ...waiting,
      ...{ startedBy: 'schedule', schedule: { name: 'nightly', time: '2026-11-25T02:00:00Z' } },
      stages: stages.map((stage) => ({ stage, state: stage === 'download' ? 'done' : 'skipped' })),
      sameAs: 'nightly-1',
    });
    assert.match(text, /^### Unchanged: nothing to train/);
    assert.match(text, /Started by schedule, through schedule `nightly` for 2026/);
    assert.match(text, /are those of `nightly-1`/);
    assert.match(text, /artifacts get nightly-1$/m);
    assert.match(text, /– train +skipped$/m);
    assert.doesNotMatch(text, /Pending Activities/);
  });

  it('say what somebody should know about the data', () => {
    const notes = ['2 bad rows were dropped. The first: `x|y`'];
    assert.match(
      runDetails({ ...waiting, notes }),
      /^\*\*Note\*\*: 2 bad rows were dropped\\\. .*\\`x\\\|y\\`$/m,
    );
  });

  it('advise to ignore a store that is at fault', () => {
    const failure = { type: 'ArtifactCorruptError', message: 'altered' };
    const text = runDetails({ ...at('evaluate', { state: 'failed' }), failure });
    assert.match(text, /--epochs 10( \\\n {2}| )--refresh all$/m);
  });

  it('say loudly when the data is synthetic, and calmly when a run was cancelled or refused', () => {
    assert.match(runDetails({ ...waiting, source: 'synthetic' }), /\*\*Synthetic data\*\*/);
    assert.match(runDetails(at('window', { state: 'cancelled' })), /^### Cancelled in window/);
    assert.match(refusedDetails({ type: 'InvalidParameterError', message: 'no' }), /^### Refused: `Inv/);
  });

  describe('whatever they are given', () => {
    /** The same, each stage with this reason. */
    const given = (view: RunView, reason: string): RunView => ({
      ...view,
      stages: view.stages.map((stage) => ({ ...stage, reason: `${stage.stage} ${reason}` })),
    });
    /** Markup, controls, halves of surrogate pairs, very long words, the end of a code block. */
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(
          fc.constantFrom(
            '```',
            '~~~',
            '`',
            '|',
            '<b>',
            '](http://x)',
            '\n',
            '\n\n# ',
            '\u202e',
            '\ud800',
            ' ',
          ),
          {
            maxLength: 60,
          },
        )
        .map((parts) => parts.join('')),
      fc.constantFrom('x'.repeat(20_000), '`'.repeat(20_000), '\\'.repeat(20_000), '🎬'.repeat(3000), ''),
    );
    const views = fc
      .record({
        ...{ text: nasty, name: nasty, run: nasty, reason: nasty, from: nasty },
        epochs: fc.nat(200),
        artifacts: fc.nat(60),
        end: fc.constantFrom('running', 'failed', 'blocked'),
        repaired: fc.boolean(),
      })
      .map(({ text, name, run, reason, from, epochs, artifacts, end, repaired }): RunView => ({
        ...given(at('train', { since, attempt: 2, from, state: end }), text),
        run,
        notes: Array.from({ length: 9 }, () => text),
        input: {
          source: { kind: 'uploaded', name, ratings: { key: 'k', sha256: '0'.repeat(64), bytes: 1 } },
          parameters: { engine: 'wasm', seed: 7 },
          refresh: 'train',
        },
        plan: { ...plan, reason },
        totalEpochs: 10_000,
        epochs: Array.from({ length: epochs }, (_, index) => ({ ...epoch, epoch: index })),
        product: {
          artifacts: Array.from({ length: artifacts }, () => ({ name, key: 'k', sha256: text, bytes: 1 })),
          links: { all: text, model: `http://${name}` },
        },
        ...(repaired ? { repairs: Array.from({ length: 5 }, () => ({ ...mended, failure: text })) } : {}),
        ...(end === 'failed' ? { failure: { type: reason, message: text } } : {}),
        ...(end === 'blocked' ? { blocked: { ...blocked, type: reason, message: text } } : {}),
      }));

    it('fit into an address, with all to be shown in it', () => {
      fc.assert(
        fc.property(views, (view) => {
          const text = runDetails(view);
          assert.ok(text.length < 8000, String(text.length));
          // Throws on half a surrogate pair; as the UI does it.
          assert.ok(encodeURIComponent(text).length < 48_000);
        }),
      );
    });

    it('keep what comes from outside in code or in prose: no heading, block or link of its own', () => {
      fc.assert(
        fc.property(views, (view) => {
          const lines = runDetails(view).split('\n');
          const fences = lines.filter((line) => line.includes('```') || /^\s*~~~/.test(line));
          assert.ok(fences.every((line) => line === '```'));
          assert.equal(fences.length % 2, 0);
          let inBlock = false;
          for (const [index, line] of lines.entries()) {
            if (line === '```') inBlock = !inBlock;
            if (inBlock || line === '```') continue;
            // Without code spans and what is escaped, only our own words are left.
            const bare = line.replaceAll(/\\[^\w\s]|`[^`]*`/g, '');
            if (index > 0) assert.doesNotMatch(bare, /^ {0,3}#|^ {0,3}>/);
            assert.doesNotMatch(bare, /[`<|]/);
            assert.doesNotMatch(bare, /\]\((?!https?:\/\/[\w.~:/?#@!$&*+,;=%[\]-]+\))/);
            // eslint-disable-next-line no-control-regex
            assert.doesNotMatch(line, /[\u0000-\u001f\u202e]/);
          }
        }),
      );
    });
  });
});
