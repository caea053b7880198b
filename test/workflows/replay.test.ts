import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { quietRuntime } from '../support/temporal.js';
import { paths } from './paths.js';

const folder = fileURLToPath(new URL('histories/', import.meta.url));
const quiet = { logger: new DefaultLogger('ERROR') } as const;
const bundleOf = (file: string) =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(file, import.meta.url)), ...quiet });

/** Goes through a history with today's code. @throws DeterminismViolationError if that would do something else */
async function replay(workflowBundle: WorkflowBundle, file: string): Promise<void> {
  const history: unknown = JSON.parse(await readFile(`${folder}${file}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle }, history);
}

describe('a run that began on an earlier version', function () {
  this.timeout(60_000);
  let today: WorkflowBundle;
  let files: string[];
  before(async () => {
    quietRuntime();
    today = await bundleOf('../../workflows/index.ts');
    const versions = await readdir(folder);
    files = (
      await Promise.all(
        versions.map(async (version) =>
          (await readdir(`${folder}${version}`)).map((name) => `${version}/${name}`),
        ),
      )
    ).flat();
  });

  it('has been recorded on every way through the workflow', () => {
    const recorded = new Set(files.map((file) => file.replace(/^.*\/|\.json$/g, '')));
    const missing = Object.keys(paths).filter((name) => !recorded.has(name));
    assert.deepEqual(missing, [], 'npx tsx test/workflows/record-histories.ts');
  });

  it("goes on with today's code, wherever it is", async () => {
    for (const file of files) {
      await replay(today, file).catch((error: unknown) => {
        throw new Error(`${file}: ${String(error)}`);
      });
    }
  });

  it('would not with a workflow that does something else first', async () => {
    const other = await bundleOf('changed-order.ts');
    for (const file of files.filter((name) => !name.endsWith('/refused.json'))) {
      await assert.rejects(replay(other, file), DeterminismViolationError, file);
    }
  });
});
