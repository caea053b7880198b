import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBaseImages } from '../../infra/containers/base-images.js';
import { type Engine, findEngine } from '../../infra/containers/engine.js';
import { hostEnvironment, otherCredentials } from '../../infra/containers/environment.js';
import { Project } from '../../infra/containers/project.js';
import { loadSettings, type Settings } from '../../adapters/settings.js';
import { skipWithout } from './missing.js';
import { type Finished, runNode } from './run-node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which services build an image, by compose file: one after the other, for two cores. */
const builders = [
  [['docker-compose.yml'], ['data-worker', 'temporal', 'web-ui', 'minio', 'tensorflow-train-worker']],
  [
    ['docker-compose.yml', 'docker-compose.postgres.yml'],
    ['temporal', 'postgres'],
  ],
] as const;

/** In which order services start: each group when the one before is healthy, or has ended well. */
export const order = {
  main: [
    ['credentials'],
    ['minio', 'temporal'],
    ['store-setup', 'temporal-setup'],
    ['web-ui', 'data-worker', 'train-worker'],
  ],
  postgres: [
    ['credentials'],
    ['minio', 'postgres'],
    ['schema'],
    ['temporal'],
    ['store-setup', 'temporal-setup'],
    ['web-ui', 'data-worker', 'train-worker'],
  ],
} as const;

/** An engine that works; skips the test where there is none. */
export async function requireEngine(context: Mocha.Context): Promise<Engine> {
  const engine = await findEngine();
  return engine ?? skipWithout(context, 'Docker with Compose, or Podman with podman-compose');
}

/** Builds every image but the one with CUDA. What is unchanged comes from the engine's cache. */
export async function buildImages(engine: Engine): Promise<void> {
  const say = (line: string) => console.log(`      ${line}`);
  for (const image of await ensureBaseImages(engine, say)) say(`stands in: ${image}`);
  for (const [files, services] of builders) {
    const project = new Project(engine, { name: 'streamsage-test-build', files, profiles: ['tensorflow'] });
    for (const service of services) {
      const started = performance.now();
      await project.compose('build', service);
      say(`${service.padEnd(24)}built in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }
  }
}

/** A project of the test's own, and the command line beside it. */
export interface TestProject {
  readonly project: Project;
  readonly folder: string;
  /** Of the command line on the host. */
  settings(): Promise<Settings>;
  /** The command line on the host. */
  onHost(...parameters: string[]): Promise<Finished>;
  /** The command line in a container of its own; `mounts` are `PATH:PATH:ro`. */
  inContainer(mounts: readonly string[], ...parameters: string[]): Promise<Finished>;
  /** Removes containers, networks and volumes. */
  remove(): Promise<void>;
}

export async function createProject(
  engine: Engine,
  name: string,
  files: readonly string[] = ['docker-compose.yml'],
): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-containers-'));
  const names = ['TEMPORAL', 'TEMPORAL_UI', 'S3', 'S3_CONSOLE'];
  const ports = await freePorts(names.length);
  const env = Object.fromEntries(
    names.map((part, index) => [`STREAMSAGE_PORT_${part}`, String(ports[index])]),
  );
  const project = new Project(engine, {
    name: `streamsage-test-${name}-${process.pid}`,
    files,
    profiles: ['cli', 'tensorflow'],
    env,
  });
  const environment = async () => {
    const others = Object.fromEntries(otherCredentials.map((variable) => [variable, undefined]));
    return { ...process.env, ...others, ...(await hostEnvironment(project, folder)) };
  };
  return {
    project,
    folder,
    settings: async () => loadSettings(await environment()),
    async onHost(...parameters) {
      return runNode([join(root, 'cli/streamsage.js'), ...parameters], await environment());
    },
    inContainer: (mounts, ...parameters) =>
      project.tryCompose(
        ...['run', '--rm', '-T', '--no-deps', ...mounts.flatMap((mount) => ['--volume', mount])],
        ...['cli', ...parameters],
      ),
    async remove() {
      await project.down({ volumes: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ends a container's first process as the system would for want of memory: nothing asks it to. */
export async function crash(project: Project, container: string): Promise<void> {
  const { State } = (await project.inspect(container)) as { State: { Pid: number } };
  await project.engineRun(
    ...['run', '--rm', '--pid', 'host', '--user', '0:0', '--network', 'none', '--entrypoint', 'sh'],
    ...['streamsage/app', '-c', `kill -9 ${State.Pid}`],
  );
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
