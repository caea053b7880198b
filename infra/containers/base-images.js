/**
 * The images that the Dockerfiles begin with. A machine that reaches their registry pulls them. One that does not makes
 * stand-ins of the same name, FROM Debian, of what the package registries have: enough to try the Dockerfiles, and no
 * replacement for the images of that name.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../command.js';
import { ensureGo } from '../go.js';

/** @typedef {import('./engine.js').Engine} Engine */

const dockerfiles = fileURLToPath(new URL('../docker/', import.meta.url));
/** What the preparation of an engine without a registry makes. */
const debian = 'docker.io/library/debian:bookworm-slim';
/** A machine whose traffic is inspected has certificates of its own; its Debian image knows them, Node and pip do not. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const trust = `ENV NODE_EXTRA_CA_CERTS=${certificates} PIP_CERT=${certificates}`;
/** npm of the official image of Node 22. */
const npmVersion = '10.9.9';

/**
 * The base images' names, by the build argument that sets them, as the Dockerfiles have them.
 * @returns {Promise<Record<string, string>>}
 */
export async function baseImages() {
  /** @type {Record<string, string>} */
  const images = {};
  for (const file of (await readdir(dockerfiles)).filter((name) => name.endsWith('Dockerfile'))) {
    const text = await readFile(join(dockerfiles, file), 'utf8');
    for (const [, argument, image] of text.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)) {
      if (images[/** @type {string} */ (argument)] !== undefined && images[String(argument)] !== image)
        throw new Error(`Expected one ${argument} in all Dockerfiles, got ${image} in ${file}`);
      images[String(argument)] = String(image);
    }
  }
  return images;
}

/**
 * @param {Engine} engine
 * @param {(phase: string) => void} report
 * @returns {Promise<string[]>} names of those that stand in for one that could not be pulled
 * @throws {Error} if one can neither be pulled nor made
 */
export async function ensureBaseImages(engine, report) {
  const standIns = [];
  for (const [argument, image] of Object.entries(await baseImages())) {
    if (await isThere(engine, image)) continue;
    report(`pulling ${image}`);
    try {
      await runCommand(engine.program, ['pull', '--quiet', image], { env: engine.env });
    } catch (error) {
      if (!(await isThere(engine, debian))) throw error;
      report(`making a stand-in for ${image}`);
      await makers[argument]?.(engine, image);
      standIns.push(image);
    }
  }
  return standIns;
}

/** @type {Readonly<Record<string, (engine: Engine, image: string) => Promise<void>>>} */
const makers = {
  RUNTIME_IMAGE: async (engine, image) => {
    await runCommand(engine.program, ['tag', debian, image], { env: engine.env });
  },
  NODE_IMAGE: async (engine, image) => {
    const version = /:(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? '';
    const node = `node-linux-${process.arch}`;
    await inTemporaryFolder(async (folder) => {
      await runCommand('npm', [
        ...['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder],
        ...[`${node}@${version}`, `npm@${npmVersion}`],
      ]);
      await build(engine, image, folder, [
        `COPY node_modules/${node}/bin/node /usr/local/bin/node`,
        'COPY node_modules/npm /usr/local/lib/node_modules/npm',
        'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 node',
        trust,
      ]);
    });
  },
  GO_IMAGE: async (engine, image) => {
    const go = await ensureGo(() => undefined);
    const root = (await runCommand(go, ['env', 'GOROOT'])).trim();
    await build(engine, image, root, [
      'COPY . /usr/local/go',
      'ENV GOPATH=/go GOTOOLCHAIN=local PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  },
  // Debian's own PostgreSQL, of an older major version.
  POSTGRES_IMAGE: async (engine, image) => {
    await inTemporaryFolder((folder) =>
      build(engine, image, folder, [
        'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null && rm -rf /var/lib/apt/lists/* && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/',
      ]),
    );
  },
};

/**
 * @param {Engine} engine
 * @param {string} image
 * @param {string} context
 * @param {readonly string[]} instructions
 */
async function build({ program, env }, image, context, instructions) {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'Dockerfile');
    await writeFile(file, [`FROM ${debian}`, ...instructions, ''].join('\n'));
    await runCommand(program, ['build', '--quiet', '--tag', image, '--file', file, context], { env });
  });
}

/** @param {Engine} engine @param {string} image */
export function isThere({ program, env }, image) {
  return runCommand(program, ['image', 'inspect', image], { env }).then(
    () => true,
    () => false,
  );
}

/** @param {(folder: string) => Promise<void>} work */
async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-image-'));
  try {
    await mkdir(folder, { recursive: true });
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
