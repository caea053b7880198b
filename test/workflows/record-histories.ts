import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import packageJson from '../../package.json' with { type: 'json' };
import { startWorkflowRuns } from '../support/workflow-runs.js';
import { paths } from './paths.js';

/**
 * Records a history of every way through the workflow, as this version goes it:
 *
 *     npx tsx test/workflows/record-histories.ts
 *
 * What a version has recorded stays when the next one records its own: runs of both may be open.
 */

const folder = fileURLToPath(new URL(`histories/${packageJson.version}/`, import.meta.url));

/** Without what tells of the machine that recorded it. */
function anonymous(history: string): string {
  return JSON.stringify(
    JSON.parse(history, (key, value: unknown) => {
      if (key === 'identity') return 'recorded';
      if (key === 'stackTrace') return '';
      if (typeof value === 'string' && /^\d+@/.test(value)) return 'recorded';
      return value;
    }),
  );
}

const runs = await startWorkflowRuns();
try {
  await mkdir(folder, { recursive: true });
  for (const [name, follow] of Object.entries(paths)) {
    const run = await follow(runs);
    const history = await runs.environment.client.workflow.getHandle(run).fetchHistory();
    await writeFile(`${folder}${name}.json`, `${anonymous(historyToJSON(history))}\n`);
    console.error(`${name}: ${history.events?.length ?? 0} events`);
  }
} finally {
  await runs.environment.teardown();
}
