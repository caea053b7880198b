/**
 * The container engine of a machine: Docker with Compose, if its daemon answers, else Podman with podman-compose. For
 * the tests of the compose files, and for the host's command line beside them.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findOnPath, runCommand } from '../command.js';

/**
 * @typedef {object} Engine
 * @property {'docker' | 'podman'} name
 * @property {string} program
 * @property {readonly [string, ...string[]]} compose words that run Compose
 * @property {NodeJS.ProcessEnv} env for both
 */

/** Prepares Podman on a Debian machine where no registry is reached; not part of the project. */
const preparation = fileURLToPath(new URL('../../../shared/containers/engine.sh', import.meta.url));
const podmanCompose = 'podman-compose==1.6.0';

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<Engine | undefined>} undefined where there is none that works
 */
export async function findEngine(environment = process.env) {
  const docker = findOnPath('docker', environment);
  if (docker && (await works(docker, ['info'])) && (await works(docker, ['compose', 'version']))) {
    return { name: 'docker', program: docker, compose: [docker, 'compose'], env: environment };
  }
  const podman = findOnPath('podman', environment);
  const compose = findOnPath('podman-compose', environment);
  if (podman && compose && (await works(podman, ['info'])) && (await works(compose, ['version']))) {
    return { name: 'podman', program: podman, compose: [compose], env: podmanEnvironment(environment) };
  }
  return undefined;
}

/**
 * Inside a container, where systemd does not run, Podman cannot isolate the steps of a build from their surroundings.
 * @param {NodeJS.ProcessEnv} environment
 */
function podmanEnvironment(environment) {
  return existsSync('/run/systemd/system') ? environment : { BUILDAH_ISOLATION: 'chroot', ...environment };
}

/**
 * Brings Podman to a CI machine that has no engine: with CI=true, as root, where the preparation lies beside the project.
 * On any other machine it does nothing, since an engine is its owner's to choose. A failure is one line, and the tests
 * skip.
 * @param {NodeJS.ProcessEnv} [environment]
 * @param {number} [user] numeric id; 0 is root
 */
export async function ensureEngine(environment = process.env, user = process.getuid?.()) {
  const found = await findEngine(environment);
  if (found || environment['CI'] !== 'true' || user !== 0 || !existsSync(preparation)) return found;
  try {
    await runCommand('bash', [preparation], { env: environment });
    if (!findOnPath('podman-compose', environment)) {
      await runCommand('python3', ['-m', 'pip', 'install', '--quiet', '--no-input', podmanCompose], {
        env: { PIP_BREAK_SYSTEM_PACKAGES: '1', ...environment },
      });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
    console.error(`  containers   no engine could be installed: ${reason}`);
  }
  return findEngine(environment);
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 */
function works(program, parameters) {
  return runCommand(program, parameters).then(
    () => true,
    () => false,
  );
}
