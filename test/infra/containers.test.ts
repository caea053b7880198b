import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImages } from '../../infra/containers/base-images.js';
import { findEngine } from '../../infra/containers/engine.js';

describe('the base images', () => {
  it('are the same in every Dockerfile, each with a pinned tag', async () => {
    const images = await baseImages();
    assert.deepEqual(Object.keys(images).sort(), [
      'GO_IMAGE',
      'NODE_IMAGE',
      'POSTGRES_IMAGE',
      'RUNTIME_IMAGE',
    ]);
    for (const image of Object.values(images))
      assert.match(image, /^docker\.io\/library\/[a-z]+:\d+[\w.-]*$/);
    for (const name of ['GO_IMAGE', 'NODE_IMAGE'])
      assert.match(images[name] ?? '', /:\d+\.\d+\.\d+-bookworm/, name);
  });
});

describe('the container engine', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-engine-'))));
  afterEach(() => rm(folder, { recursive: true }));

  /** A program that answers these verbs. */
  const program = (name: string, ...verbs: string[]) =>
    writeFile(
      join(folder, name),
      `#!/bin/sh\ncase "$1" in ${verbs.map((verb) => `${verb}) exit 0;;`).join(' ')} esac\nexit 1\n`,
      { mode: 0o755 },
    );
  const engine = () => findEngine({ PATH: folder });

  it('is Docker where its daemon answers and Compose is there', async () => {
    await program('docker', 'info', 'compose');
    await program('podman', 'info');
    await program('podman-compose', 'version');
    assert.deepEqual((await engine())?.compose, [join(folder, 'docker'), 'compose']);
  });

  it('is Podman where Docker has no daemon, or no Compose', async () => {
    await program('podman', 'info');
    await program('podman-compose', 'version');
    for (const answers of [['compose'], ['info']]) {
      await program('docker', ...answers);
      assert.equal((await engine())?.name, 'podman');
    }
  });

  it('is none where neither works whole', async () => {
    assert.equal(await engine(), undefined);
    await program('podman', 'info');
    assert.equal(await engine(), undefined);
  });
});
