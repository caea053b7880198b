import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerConfiguration } from '../../infra/stack/parts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The variables that a text reads or, in a compose file, puts in. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(/(?:\['|\$\{|\n {2}|')(STREAMSAGE_[A-Z0-9_]+)(?:'|:-|:)/g)].map(
    ([, name]) => name!,
  );
}

describe('the variables', () => {
  it('that anything reads are in the README', () => {
    const sources = ['adapters', 'cli', 'workers', 'infra'].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|js)$/.test(name))
        .map((name) => join(room, name)),
    );
    const places = [...sources, 'docker-compose.yml', 'docker-compose.postgres.yml'];
    const read = new Set(places.flatMap((place) => variablesIn(readFileSync(join(root, place), 'utf8'))));
    assert.ok(read.size > 20, [...read].join());
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const missing = [...read].filter((name) => !readme.includes(`\`${name}`));
    assert.deepEqual(missing, []);
  });

  /** What says where a process lives, and is not passed on. */
  const ofOneProcess = ['STREAMSAGE_STATE', 'STREAMSAGE_PULSE_FILE'];
  const readByWorkers = [
    ...new Set(
      ['settings.ts', 'worker-settings.ts', 'version.ts'].flatMap((name) =>
        variablesIn(readFileSync(join(root, 'adapters', name), 'utf8')),
      ),
    ),
  ].filter((name) => !ofOneProcess.includes(name));

  it('that workers read are passed on by the local stack, and no other of ours', () => {
    const environment = Object.fromEntries(
      [...readByWorkers, ...ofOneProcess, 'STREAMSAGE_CACHE', 'AWS_REGION', 'TEMPORAL_ADDRESS', 'OTHER'].map(
        (name) => [name, 'x'],
      ),
    );
    assert.deepEqual(
      Object.keys(workerConfiguration(environment)).sort(),
      [...readByWorkers, 'AWS_REGION', 'TEMPORAL_ADDRESS'].sort(),
    );
  });

  it('that workers read are passed on by the compose file', () => {
    const [, block = ''] =
      /^x-pipeline: &pipeline\n((?: {2}.*\n)+)/m.exec(
        readFileSync(join(root, 'docker-compose.yml'), 'utf8'),
      ) ?? [];
    // Of the image; of each service; of use only with a port, which an override of the file publishes.
    const elsewhere = ['STREAMSAGE_COMMIT', 'STREAMSAGE_TRAIN_DEVICES', 'STREAMSAGE_METRICS_ADDRESS'];
    const missing = readByWorkers.filter(
      (name) => !elsewhere.includes(name) && !block.includes(`  ${name}: `),
    );
    assert.deepEqual(missing, []);
  });
});
