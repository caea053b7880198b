import assert from 'node:assert/strict';
import { wrapLine } from '../../cli/wrap-line.js';

describe('a line that is too long for a terminal', () => {
  it('is broken between words, and what follows is indented', () => {
    assert.deepEqual(wrapLine('  one two three', 9), ['  one two', '    three']);
    assert.deepEqual(wrapLine('  one   two  three', 13), ['  one   two', '    three']);
    assert.deepEqual(wrapLine('one two', 7), ['one two']);
    assert.deepEqual(wrapLine('one two', Infinity), ['one two']);
    assert.deepEqual(wrapLine('', 5), ['']);
  });

  it('keeps a long word and a command in backticks whole', () => {
    assert.deepEqual(wrapLine('see http://host/a/path now', 8), ['see', '  http://host/a/path', '  now']);
    assert.deepEqual(wrapLine('abcdefghij k', 4), ['abcdefghij', '  k']);
    assert.deepEqual(wrapLine('try `runs show x`: all', 10), ['try', '  `runs show x`:', '  all']);
  });
});
