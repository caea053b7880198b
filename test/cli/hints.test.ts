import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { streamsage } from '../../workflows/commands.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = ['adapters', 'activities', 'artifacts', 'cli', 'infra', 'predictor', 'workers', 'workflows'];
const verbs = 'up|down|status|train|runs|artifacts|schedule|provision|dataset|deployment|schema|doctor';
const hint = new RegExp(`(.{0,40})(?<![\\w/.-])streamsage (${verbs})\\b`, 'g');

/** Every text in a source file: comments are none. */
function texts(path: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest));
  return found;
}

describe('what to type', () => {
  it('is said as the shell of a clone finds it, wherever it is said', () => {
    let hints = 0;
    for (const room of rooms) {
      const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' });
      for (const file of files.filter((name) => /\.(ts|js)$/.test(name))) {
        // Examples of `--help` name the program as its usage does.
        for (const text of texts(join(root, room, file)).filter((one) => !/^\n(Example:)?\s/.test(one))) {
          for (const [said, before] of text.matchAll(hint)) {
            hints++;
            assert.ok(`${before!}streamsage`.endsWith(streamsage), `${room}/${file}: ${said}`);
          }
        }
      }
    }
    assert.ok(hints > 30, `${hints} hints`);
  });
});
