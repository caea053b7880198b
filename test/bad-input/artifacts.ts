import { sha256 } from '../../artifacts/content.js';
import { fewRatings } from '../support/training-job.js';
import type { BadInput, BadInputs } from './case.js';
import { smallWords, type StoredRecord, type World } from './world.js';

const junk = new TextEncoder().encode('Not what it is called.');
const get = (run: string) => ['artifacts', 'get', run];
const files = { 'few.txt': fewRatings() };

type Made = Awaited<ReturnType<World['train']>>;

/** A run whose artifacts somebody has replaced. */
function published(
  what: string,
  run: string,
  change: (world: World, model: { readonly key: string }) => Promise<void>,
  more: Partial<BadInput> = {},
): BadInput {
  return {
    ...{ what, argv: get(run), ends: 1, servers: true },
    async before(world) {
      const { artifacts } = await world.publish(run);
      await change(world, artifacts[0]!);
    },
    ...more,
  };
}

function manifest(
  what: string,
  run: string,
  change: Parameters<World['putManifest']>[1],
  more: Partial<BadInput> = {},
): BadInput {
  return {
    ...{ what, argv: get(run), ends: 1, servers: true, before: (world) => world.putManifest(run, change) },
    ...more,
  };
}

/** What a new run would take from a store in which somebody has replaced what an earlier one has kept. */
function kept(
  what: string,
  stage: string,
  seed: number,
  change: (world: World, made: Made) => Promise<unknown>,
  ...words: string[]
): BadInput {
  return {
    ...{ what, files, ends: 0, servers: true, shows: new RegExp(`^${stage} +runs `) },
    argv: ['train', '--dry-run', ...smallWords, '--seed', String(seed), ...words],
    async before(world) {
      await change(world, await world.train({ seed }));
    },
  };
}

/** A new run where a record names hostile bytes by their right digest: what reads them finds that they are something else. */
function poisoned(what: string, stage: string, output: string, seed: number): BadInput {
  return {
    ...{ what, files, ends: 1, servers: true, shows: /^streamsage: / },
    argv: ['train', ...smallWords, '--seed', String(seed), '--on-failure', 'fail'],
    async before(world) {
      await world.poison(await world.train({ seed }), stage, output, junk);
    },
  };
}

const record = (change: (record: StoredRecord) => object | string, stage: string) => {
  return (world: World, made: Made) => world.changeRecord(made, stage, change);
};
const outputOf = (made: Made, stage: string, name: string) =>
  made.stages.find((one) => one.stage === stage)!.outputs[name]!;

export const artifacts: BadInputs = {
  title: 'Artifacts in the bucket',
  cases: [
    published('an .h5 of the same size in the place of one', 'other-model', (world, model) =>
      world.putOther(model),
    ),
    published('the same, looked for', 'other-model-2', (world, model) => world.putOther(model), {
      argv: ['artifacts', 'verify', 'other-model-2'],
      shows: /^altered +binge_model.h5 +objects/,
    }),
    published('an .h5 that is longer', 'longer-model', (world, model) =>
      world.putOther(model, new Uint8Array(1 << 20)),
    ),
    published('an .h5 that is gone', 'gone-model', (world, { key }) => world.store.delete(key)),
    published(
      "another .h5 under the run's own name for it",
      'other-copy',
      (world) => world.putOther({ key: 'runs/other-copy/binge_model.h5' }, junk),
      { argv: ['artifacts', 'verify', 'other-copy'], shows: /^altered +binge_model.h5 +runs/ },
    ),
    manifest('a manifest that is none', 'no-manifest', () => '<html>'),
    manifest('a manifest of another run', 'stolen-manifest', (given) => ({ ...given, run: 'other' })),
    manifest('a manifest of a later format', 'later-manifest', (given) => ({
      ...given,
      formatVersion: 99,
      versions: { streamsage: '9.9.9\u001b[2J' },
    })),
    manifest('a manifest without a digest', 'no-digest', (given) => ({
      ...given,
      artifacts: given.artifacts.map((artifact) => ({ ...artifact, sha256: undefined })),
    })),
    manifest('a manifest that names an artifact outside the folder', 'climbing-manifest', (given) => ({
      ...given,
      artifacts: given.artifacts.map((artifact) => ({ ...artifact, name: '../../.profile' })),
    })),
    manifest('a manifest that names an artifact by an absolute path', 'absolute-manifest', (given) => ({
      ...given,
      artifacts: given.artifacts.map((artifact) => ({ ...artifact, name: '/etc/passwd' })),
    })),
    manifest('a manifest with control characters in a name', 'control-manifest', (given) => ({
      ...given,
      artifacts: given.artifacts.map((artifact) => ({ ...artifact, name: 'a\u001b[2J' })),
    })),
    manifest('a manifest that leads to another object', 'leading-manifest', (given) => ({
      ...given,
      artifacts: given.artifacts.map((artifact) => ({ ...artifact, key: 'aliases/latest.json' })),
    })),
    manifest(
      'the same, for which a link is asked',
      'leading-manifest-2',
      (given) => ({
        ...given,
        artifacts: given.artifacts.map((artifact) => ({ ...artifact, key: 'aliases/latest.json' })),
      }),
      { argv: ['artifacts', 'url', 'leading-manifest-2', 'binge_model.h5'] },
    ),
    manifest('a manifest that is to be shown', 'shown-manifest', () => '{"formatVersion": 1}', {
      argv: ['runs', 'show', 'shown-manifest'],
    }),
    {
      what: 'an alias that leads out of the folder of runs',
      argv: get('best'),
      ends: 1,
      servers: true,
      before: (world) =>
        world.store.put(
          'aliases/best.json',
          new TextEncoder().encode('{"run":"../../etc"}'),
          'application/json',
        ),
    },
    kept(
      'a record of a stage that is none',
      'evaluate',
      101,
      record(() => 'not JSON', 'evaluate'),
    ),
    kept(
      'a record of another stage',
      'evaluate',
      102,
      record((given) => ({ ...given, stage: 'train' }), 'evaluate'),
    ),
    kept(
      'a record that leads to another object',
      'evaluate',
      103,
      record(
        (given) => ({
          ...given,
          outputs: { metrics: { ...given.outputs['metrics'], key: 'aliases/latest.json' } },
        }),
        'evaluate',
      ),
    ),
    kept(
      'a record that names nothing',
      'evaluate',
      104,
      record((given) => ({ ...given, outputs: {} }), 'evaluate'),
    ),
    kept('an .arrow of the same size in the place of one', 'window', 105, (world, made) =>
      world.putOther(outputOf(made, 'window', 'windowTable')),
    ),
    kept('something else in the place of trained weights', 'train', 106, (world, made) =>
      world.putOther(outputOf(made, 'train', 'weights'), junk),
    ),
    kept(
      'something else in the place of a checkpoint',
      'train',
      109,
      (world, made) => world.putOther(outputOf(made, 'train', 'checkpoint'), junk),
      ...['--epochs', '3'],
    ),
    kept(
      'something else that is called a checkpoint of a later epoch, by its right digest',
      'train',
      110,
      (world, made) =>
        world.store.put(
          `checkpoints/${made.training['training']}/another/00000003-0000000000-${sha256(junk)}`,
          ...([junk, 'application/octet-stream'] as const),
        ),
      ...['--epochs', '3'],
    ),
    poisoned(
      'a record that names something else for an .arrow, by its right digest',
      'window',
      'windowTable',
      107,
    ),
    poisoned(
      'a record that names something else for trained weights, by its right digest',
      'train',
      'weights',
      108,
    ),
  ],
};
