import { Runtime } from '@temporalio/worker';
import { DefaultLogger } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { serverPrograms } from '../../infra/servers.js';
import { searchAttributes } from '../../workflows/search-attributes.js';

let quiet = false;

/** Lets the SDK say nothing below an error. */
export function quietRuntime(): void {
  if (!quiet)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
    });
  quiet = true;
}

/**
 * A real Temporal server of this test's own, in memory.
 * @param bare without StreamSage's search attributes, as a server is before `streamsage provision`
 */
export async function startTemporal({ bare = false } = {}): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  const { temporal } = await serverPrograms();
  if (temporal === undefined)
    throw new Error('There is no Temporal server here: `npm run setup` installs one');
  return TestWorkflowEnvironment.createLocal({
    server: {
      searchAttributes: bare ? [] : Object.values(searchAttributes),
      executable: { type: 'existing-path', path: temporal },
      // The dev server rounds timers up to a second, and with them the back-off of retries.
      extraArgs: ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
    },
  });
}
