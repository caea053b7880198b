import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../../infra/build.js';
import { runCommand } from '../../infra/command.js';
import { arm64Node } from '../support/arm64.js';

const script = fileURLToPath(new URL('train-and-hash.js', import.meta.url));
const build = new URL('../../dist/', import.meta.url).href;

interface Trained {
  readonly architecture: string;
  readonly hashes: Readonly<Record<string, string>>;
}

async function trainedBy(program: string, ...words: readonly string[]): Promise<Trained> {
  return JSON.parse(await runCommand(program, [...words, script, build])) as Trained;
}

describe('a processor of another architecture', () => {
  it('makes the same tables, the same checkpoint and the same model, byte for byte', async function () {
    const node = await arm64Node(this);
    await ensureBuild(() => undefined);
    const [here, there] = [await trainedBy(process.execPath), await trainedBy(...node)];
    assert.equal(there.architecture, 'arm64');
    assert.deepEqual(there.hashes, here.hashes);
  });
});
