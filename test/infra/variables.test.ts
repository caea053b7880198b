import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
});
