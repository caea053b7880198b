/**
 * What the command line on the host needs to work with the containers, as lines for a shell:
 * `eval "$(node infra/containers/environment.js [PROJECT])"`. The pipeline's credentials go into a file of the state
 * folder that only its owner reads; no secret is printed.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMain } from '../pieces.js';
import { ensureStateFolder } from '../stack/state.js';
import { findEngine } from './engine.js';
import { Project } from './project.js';

/**
 * @param {Project} project
 * @param {string} folder where the credentials go
 * @returns {Promise<Record<string, string>>} variables
 * @throws {Error} if a service does not run
 */
export async function hostEnvironment(project, folder) {
  const credentials = await project.engineRun(
    ...['exec', await running(project, 'data-worker'), 'cat', '/credentials/pipeline/credentials'],
  );
  const file = join(folder, `${project.name}.credentials`);
  await writeFile(`${file}.partial`, credentials, { mode: 0o600 });
  await rename(`${file}.partial`, file);
  const [temporal, ui, s3, s3Console] = await Promise.all([
    published(project, 'temporal', 7233),
    published(project, 'web-ui', 8233),
    published(project, 'minio', 9000),
    published(project, 'minio', 9001),
  ]);
  return {
    TEMPORAL_ADDRESS: temporal,
    STREAMSAGE_TEMPORAL_UI: `http://${ui}`,
    AWS_ENDPOINT_URL_S3: `http://${s3}`,
    STREAMSAGE_S3_CONSOLE: `http://${s3Console}`,
    AWS_REGION: 'us-east-1',
    AWS_SHARED_CREDENTIALS_FILE: file,
    STREAMSAGE_BUCKET: 'streamsage',
  };
}

/** Where else the AWS SDK looks for credentials, before it looks into a file. */
export const otherCredentials = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
];

/**
 * @param {Project} project
 * @param {string} service
 */
async function running(project, service) {
  const [container] = await project.containers(service);
  if (container === undefined)
    throw new Error(
      `Expected a container of ${service} in the project ${project.name}, got none: docker compose up`,
    );
  return container;
}

/**
 * @param {Project} project
 * @param {string} service
 * @param {number} port within its container
 */
async function published(project, service, port) {
  const lines = await project.engineRun('port', await running(project, service), `${port}/tcp`);
  return String(lines.trim().split('\n')[0]);
}

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const engine = await findEngine();
    if (!engine) throw new Error('Expected Docker with Compose or Podman with podman-compose, got neither');
    const project = new Project(engine, { name: process.argv[2] ?? 'streamsage' });
    const variables = await hostEnvironment(project, await ensureStateFolder());
    console.log(`unset ${otherCredentials.join(' ')}`);
    for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quoted(value)}`);
  });
}
