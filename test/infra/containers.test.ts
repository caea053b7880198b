import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseImages } from '../../infra/containers/base-images.js';
import { findEngine } from '../../infra/containers/engine.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

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

describe('the Dockerfiles', () => {
  const folder = join(root, 'infra', 'docker');
  const dockerfiles = readdirSync(folder)
    .filter((name) => name.endsWith('Dockerfile'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  const ofReleases = dockerfiles.filter(({ text }) => text.includes('ARG VERSION'));

  it("give the images package.json's version", () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const given = ofReleases.map(({ name, text }) => [name, /^ARG VERSION=(.*)$/m.exec(text)?.[1]]);
    assert.deepEqual(given, [
      ['app.Dockerfile', version],
      ['gpu.Dockerfile', version],
    ]);
  });

  it('copy and install all before what changes with every commit', () => {
    for (const { name, text } of ofReleases) {
      const commit = text.indexOf('ARG COMMIT');
      assert.ok(commit > 0 && commit > Math.max(text.lastIndexOf('\nCOPY'), text.lastIndexOf('\nRUN')), name);
    }
  });

  it('keep the caches of a build under /cache, whoever builds', () => {
    const mounts = dockerfiles.flatMap(({ text }) =>
      [...text.matchAll(/--mount=type=cache,id=\S+,target=(\S+)/g)].map(([, target]) => target!),
    );
    assert.equal(mounts.length, 8);
    assert.deepEqual([...new Set(mounts)].sort(), [
      '/cache/go-build',
      '/cache/go-modules',
      '/cache/npm',
      '/cache/streamsage',
    ]);
  });

  it('take for TensorFlow the files that its set-up imports, and none beside them', () => {
    const { text } = dockerfiles.find(({ name }) => name === 'gpu.Dockerfile')!;
    const [, list = ''] = /^COPY (infra\/(?:.|\\\n)+?) infra\/$/m.exec(text) ?? [];
    const copied = list.replaceAll('\\', ' ').split(/\s+/);
    const needed = new Set(['tensorflow.js', 'unpack-wheels.py']);
    for (const file of needed) {
      const source = readFileSync(join(root, 'infra', file), 'utf8');
      for (const [, imported] of source.matchAll(/^import .* from '\.\/(.+)';$/gm)) needed.add(imported!);
    }
    assert.deepEqual(copied.sort(), [...needed].map((file) => `infra/${file}`).sort());
  });
});

describe('the compose files', () => {
  it('harden their services alike', () => {
    const [main, postgres] = ['docker-compose.yml', 'docker-compose.postgres.yml'].map(
      (name) => /^x-hardened:.*\n(?: {2}.*\n)+/m.exec(readFileSync(join(root, name), 'utf8'))?.[0],
    );
    assert.ok(main);
    assert.equal(postgres, main);
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
