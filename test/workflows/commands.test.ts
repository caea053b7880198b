import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { trainCommand } from '../../workflows/commands.js';
import type { Source } from '../../workflows/contract.js';

const uploaded = (name: string): Source => ({
  kind: 'uploaded',
  name,
  ratings: { key: 'k', sha256: '0'.repeat(64), bytes: 1 },
});

describe('the command that starts a run again', () => {
  it('has the flags that were given, and no other', () => {
    const parameters = { epochs: 20, fastMath: true, learningRateSchedule: 'cosine' } as const;
    const words = trainCommand({
      source: { kind: 'synthetic' },
      parameters,
      refresh: 'train',
      onUnchanged: 'skip',
    });
    assert.equal(
      words.join(' '),
      'npx --no-install streamsage train --source synthetic --epochs 20 --learning-rate-schedule cosine --fast-math ' +
        '--on-unchanged skip --refresh train',
    );
    assert.equal(trainCommand({ source: uploaded('a.zip') }).at(-1), '--source a.zip');
    assert.equal(trainCommand({ source: uploaded('a.zip') }, { refresh: 'all' }).at(-1), '--refresh all');
  });

  it('names a file so that it is taken for one', () => {
    assert.equal(trainCommand({ source: uploaded('synthetic') }).at(-1), '--source ./synthetic');
    assert.equal(trainCommand({ source: uploaded('-x') }).at(-1), '--source ./-x');
    for (const name of ['', 'two\nlines', '\u202ereversed', 'x'.repeat(300)])
      assert.equal(trainCommand({ source: uploaded(name) }).at(-1), '--source FILE');
  });

  it('repeats an address, unless it could hold a secret', () => {
    const of = (source: Source) => trainCommand({ source }).at(-1);
    assert.equal(of({ kind: 's3', bucket: 'b', key: 'a b.zip' }), "--source 's3://b/a b.zip'");
    assert.equal(of({ kind: 'url', url: 'https://h/x.zip' }), '--source https://h/x.zip');
    assert.equal(
      of({ kind: 'url', url: 'https://h/x.zip?download=1' }),
      "--source 'https://h/x.zip?download=1'",
    );
    for (const url of [
      'https://me:pw@h/x',
      'https://h/x?X-Amz-Signature=0',
      'https://h/x?token=1',
      'ftp://h/x',
    ])
      assert.equal(of({ kind: 'url', url }), '--source ADDRESS', url);
  });

  it('gives a shell the name and nothing to do', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 40 }),
      fc.constantFrom(
        '$(touch x)',
        "it's",
        '`id`',
        '; rm -rf ~',
        'a b.zip',
        '*',
        '~',
        '\\',
        '"',
        '!!',
        'ä.zip',
      ),
    );
    fc.assert(
      fc.property(name, (given) => {
        const word = trainCommand({ source: uploaded(given) })
          .at(-1)!
          .replace('--source ', '');
        const seen = execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' });
        assert.ok([given, `./${given}`, 'FILE'].includes(seen), JSON.stringify([given, word, seen]));
      }),
      { numRuns: 60 },
    );
  });
});
