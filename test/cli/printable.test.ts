import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Output, printable, printJson, printTable } from '../../cli/output.js';
import { createTerminalView } from '../../cli/progress-view.js';
import { formatLogLine } from '../../adapters/log-text.js';

/** Clears the screen, sets the title, turns the writing's direction, is C1's way to begin a sequence, rings. */
const hostile = 'a\u001b[2J\u001b]0;title\u0007\u202e\u009b2J\u200b\rb';
const raw = /[^\n\t\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const characters = fc.string({ unit: 'binary', maxLength: 40 });

function recorder() {
  const lines: string[] = [];
  const output: Output = { result: (line) => lines.push(line), note: (line) => lines.push(line) };
  return { lines, output };
}

describe('what a terminal is given', () => {
  it('is lines of characters that can be seen, whoever wrote them', () => {
    assert.equal(printable(hostile), 'a�[2J�]0;title���2J��b');
    assert.equal(printable('one\n\ttwo'), 'one\n\ttwo');
    fc.assert(fc.property(characters, (text) => assert.doesNotMatch(printable(text), raw)));
  });

  it('is as JSON what was there, escaped', () => {
    fc.assert(
      fc.property(characters, (text) => {
        const { lines, output } = recorder();
        printJson(output, { text });
        assert.doesNotMatch(lines[0]!, raw);
        // A half of a pair is what JSON cannot say otherwise.
        assert.deepEqual(JSON.parse(lines[0]!), JSON.parse(JSON.stringify({ text })));
      }),
    );
  });

  it('is a line a row of a table, whatever stands in it', () => {
    const { lines, output } = recorder();
    printTable(output, [
      ['RUN', 'OUTCOME'],
      ['one\ntwo\u001b[2J', 'failed'],
    ]);
    assert.deepEqual(lines, ['RUN          OUTCOME', 'one�two�[2J  failed']);
  });

  it('is a live line without what a stage was told by others', () => {
    const written: string[] = [];
    const stream = { columns: 200, write: (text: string) => written.push(text) };
    const view = createTerminalView(stream as unknown as NodeJS.WriteStream);
    view.update({ retry: { stage: 'train', attempt: 2, reason: hostile } });
    // eslint-disable-next-line no-control-regex
    const own = /\r\u001b\[K/g;
    assert.doesNotMatch(written.join('').replace(own, ''), raw);
  });

  it("is a worker's log without what a run was called by others", () => {
    const line = formatLogLine(
      JSON.stringify({ level: 'info', message: 'stage begins', run: hostile, stack: 'a\n  b' }),
    );
    assert.doesNotMatch(line, raw);
    assert.match(line, /\na\n {2}b\n$/);
  });
});
