/**
 * A compose project: the compose files under a name of its own, on ports of its own. Where Compose cannot wait for what
 * a service depends on (Podman without systemd runs no health checks by itself), the services are started in their order
 * and their health commands run from here.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../command.js';

/** @typedef {import('./engine.js').Engine} Engine */

/**
 * @typedef {object} Finished
 * @property {number} code
 * @property {string} stdout
 * @property {string} stderr
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

export class Project {
  /**
   * @param {Engine} engine
   * @param {{ name: string, files?: readonly string[], profiles?: readonly string[], env?: NodeJS.ProcessEnv }} options
   */
  constructor(engine, { name, files = ['docker-compose.yml'], profiles = [], env = {} }) {
    this.engine = engine;
    this.name = name;
    this.words = [
      ...['--project-name', name],
      ...files.flatMap((file) => ['--file', file]),
      ...profiles.flatMap((profile) => ['--profile', profile]),
    ];
    this.env = { ...engine.env, ...env };
  }

  /**
   * @param {readonly string[]} parameters
   * @returns {Promise<Finished>}
   */
  tryCompose(...parameters) {
    const [program, ...first] = this.engine.compose;
    return finish(program, [...first, ...this.words, ...parameters], this.env);
  }

  /**
   * @param {readonly string[]} parameters
   * @returns {Promise<string>} standard output
   * @throws {Error} with what it wrote, if it fails
   */
  async compose(...parameters) {
    const { code, stdout, stderr } = await this.tryCompose(...parameters);
    if (code !== 0) {
      throw new Error(`compose ${parameters.join(' ')} ended with ${code}:\n${stdout}${stderr}`.slice(-6000));
    }
    return stdout;
  }

  /** @param {readonly string[]} parameters */
  engineRun(...parameters) {
    return runCommand(this.engine.program, parameters, { env: this.env });
  }

  /**
   * Starts services, each group when the one before is healthy or has ended well.
   * @param {readonly (readonly string[])[]} groups of services
   * @param {{ scale?: Readonly<Record<string, number>> }} [options]
   */
  async up(groups, { scale = {} } = {}) {
    for (const services of groups) {
      for (const service of services) {
        // podman-compose takes one of these at a time.
        const scaled = scale[service] === undefined ? [] : ['--scale', `${service}=${scale[service]}`];
        await this.compose('up', '--detach', '--no-deps', '--no-build', '--no-recreate', ...scaled, service);
      }
      for (const service of services) await this.settled(service);
    }
  }

  /**
   * Resolves when every container of a service is healthy, or has ended with 0 where it has no health check.
   * @param {string} service
   * @param {number} [withinMs]
   */
  async settled(service, withinMs = 180_000) {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const containers = await this.containers(service);
      const states = await Promise.all(containers.map((id) => this.stateOf(id)));
      if (states.length > 0 && states.every((state) => state === 'healthy' || state === 'done')) return;
      if (states.includes('failed') || Date.now() > deadline) {
        const logs = await Promise.all(containers.map((id) => this.logs(id)));
        throw new Error(`${service} is ${states.join(', ') || 'absent'}:\n${logs.join('\n').slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /**
   * @param {string} container
   * @returns {Promise<'healthy' | 'unhealthy' | 'done' | 'failed' | 'restarting'>}
   */
  async stateOf(container) {
    const { State, Config, HostConfig } = await this.inspect(container);
    if (!State.Running) {
      if (HostConfig.RestartPolicy.Name !== 'no' && HostConfig.RestartPolicy.Name !== '') return 'restarting';
      return State.ExitCode === 0 ? 'done' : 'failed';
    }
    if (!Config.Healthcheck) return 'unhealthy';
    if (this.engine.name === 'docker') return State.Health?.Status === 'healthy' ? 'healthy' : 'unhealthy';
    const { code } = await finish('podman', ['healthcheck', 'run', container], this.env);
    return code === 0 ? 'healthy' : 'unhealthy';
  }

  /**
   * @param {string} container
   * @returns {Promise<any>} as the engine's `inspect` has it
   */
  async inspect(container) {
    return JSON.parse(await this.engineRun('container', 'inspect', container))[0];
  }

  /**
   * @param {string} service
   * @returns {Promise<string[]>} ids of a service's containers, running or not, the first first
   */
  async containers(service) {
    const labels = {
      project: this.name,
      service,
      // podman-compose has no such label, and none of the others on what it merely runs.
      ...(this.engine.name === 'docker' ? { oneoff: 'False' } : {}),
    };
    const output = await this.engineRun(
      ...['ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.ID}}'],
      ...Object.entries(labels).flatMap(([name, value]) => [
        '--filter',
        `label=com.docker.compose.${name}=${value}`,
      ]),
    );
    const lines = output.trim().split('\n').filter(Boolean).sort();
    return lines.map((line) => String(line.split(' ')[1]));
  }

  /** @param {string} container */
  async logs(container) {
    const { stdout, stderr } = await finish(
      this.engine.program,
      ['logs', '--tail', '40', container],
      this.env,
    );
    return stdout + stderr;
  }

  /**
   * Stops everything; with `volumes` its state is gone, too.
   * @param {{ volumes?: boolean }} [options]
   */
  async down({ volumes = false } = {}) {
    // podman-compose forgets what was scaled.
    if (this.engine.name === 'podman') await this.removeContainers();
    await this.compose('down', ...(volumes ? ['--volumes'] : []));
  }

  async removeContainers() {
    const filter = ['--filter', `label=com.docker.compose.project=${this.name}`];
    const ids = (await this.engineRun('ps', '--all', '--quiet', ...filter)).split('\n').filter(Boolean);
    if (ids.length > 0) await this.engineRun('rm', '--force', ...ids);
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Finished>}
 */
export function finish(program, parameters, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
