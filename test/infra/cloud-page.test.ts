import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pipelinePolicy } from '../../infra/stack/minio-admin.js';
import { searchAttributes } from '../../workflows/search-attributes.js';

describe('the page on the cloud', () => {
  const page = readFileSync(new URL('../../docs/cloud.md', import.meta.url), 'utf8');

  it("gives the policy that the stack gives the pipeline's user", () => {
    const [, policy] = /```json\n(.*?)```/s.exec(page)!;
    assert.deepEqual(JSON.parse(policy!), pipelinePolicy('YOUR-BUCKET'));
  });

  it('names the search attributes that runs set, with their types', () => {
    const rows = [...page.matchAll(/^\| `(StreamSage\w+)` +\| (\w+) +\|$/gm)];
    assert.deepEqual(
      rows.map(([, name, type]) => [name, type!.toUpperCase()]).sort(),
      Object.values(searchAttributes)
        .map(({ name, type }) => [name, type as string])
        .sort(),
    );
  });
});
