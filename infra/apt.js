import { findOnPath, runCommand } from './command.js';

/**
 * Brings Debian packages to a CI machine: with CI=true, as root, where there is apt-get. On any other machine it does
 * nothing, since packages are its owner's to choose. A failure is one line, and the tests that need them skip.
 * @param {readonly string[]} packages
 * @param {NodeJS.ProcessEnv} environment
 * @param {number | undefined} user numeric id; 0 is root
 */
export async function installOnCi(packages, environment, user) {
  const apt = findOnPath('apt-get', environment);
  if (environment['CI'] !== 'true' || user !== 0 || !apt) return;
  const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runCommand(apt, ['update', '--quiet'], { env });
    await runCommand(apt, ['install', '--quiet', '--yes', '--no-install-recommends', ...packages], { env });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
    console.error(`  ${packages.join(', ').padEnd(12)} could not be installed: ${reason}`);
  }
}
