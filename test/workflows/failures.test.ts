import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import * as adapterErrors from '../../adapters/errors.js';
import * as artifactErrors from '../../artifacts/errors.js';
import { InvalidParameterError } from '../../predictor/config.js';
import * as predictorErrors from '../../predictor/errors.js';
import { InvalidSourceError } from '../../predictor/source-address.js';
import { failureClasses, failureTypes, nonRetryableErrors } from '../../workflows/failures.js';

const page = fileURLToPath(new URL('../../docs/repair.md', import.meta.url));
const heading = '## Classes of failures';

describe('failure classes', () => {
  it('are given to errors that there are', () => {
    const known = new Set([
      ...[adapterErrors, artifactErrors, predictorErrors].flatMap((module) => Object.keys(module)),
      ...[InvalidParameterError.name, InvalidSourceError.name],
      // Made in the workflow.
      'RunExistsError',
    ]);
    const builtIn = (name: string) => name in globalThis || name === 'AssertionError';
    const unknown = Object.keys(failureTypes).filter((name) => !known.has(name) && !builtIn(name));
    assert.deepEqual(unknown, []);
  });

  it('decide what is tried again', () => {
    assert.ok(nonRetryableErrors.includes('InvalidDataError'));
    assert.ok(nonRetryableErrors.includes('TypeError'));
    assert.ok(!nonRetryableErrors.includes('StoreUnreachableError'));
  });

  it('are those that docs/repair.md tells of', async () => {
    const types = Object.entries(failureTypes);
    const rows = Object.entries(failureClasses).map(([name, { what, retried }]) => {
      const errors = types.filter(([, of]) => of === name).map(([type]) => `\`${type}\``);
      return `| ${name} | ${what} | ${retried ? 'yes' : 'no'} | ${errors.join(', ')} |`;
    });
    const table = ['| class | what it is | tried again | errors |', '| --- | --- | --- | --- |', ...rows];
    const text = await readFile(page, 'utf8');
    const [before = '', rest = ''] = text.split(heading);
    const introduction = rest.split('\n| class')[0]!.trimEnd();
    const made = await format(`${before}${heading}${introduction}\n\n${table.join('\n')}\n`, {
      ...(await resolveConfig(page)),
      filepath: page,
    });
    if (process.env['STREAMSAGE_REWRITE_DOCS']) await writeFile(page, made);
    assert.equal(text, made);
  });
});
