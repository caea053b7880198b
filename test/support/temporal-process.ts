import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { serverPrograms } from '../../infra/servers.js';
import { freePort } from '../../infra/stack/ports.js';
import { searchAttributes } from '../../infra/stack/parts.js';
import { killForGood } from './stack.js';

/** A real Temporal server of this test's own that keeps its state in a file: it can be killed and started again. */
export interface TemporalProcess {
  readonly address: string;
  readonly client: Client;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again, with what it held. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder where its state goes */
export async function startTemporalProcess(folder: string): Promise<TemporalProcess> {
  const { temporal } = await serverPrograms();
  if (temporal === undefined)
    throw new Error('There is no Temporal server here: `npm run setup` installs one');
  // Another test process may look for one at this moment.
  const port = await freePort(20_000 + (process.pid % 10_000));
  const address = `127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const start = () => {
    child = spawn(
      temporal,
      [
        ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
        ...['--db-filename', join(folder, 'temporal.db'), '--log-level', 'never'],
        ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
        ...Object.entries(searchAttributes).flatMap(([name, type]) => [
          '--search-attribute',
          `${name}=${type}`,
        ]),
      ],
      { stdio: 'ignore' },
    );
    return answers(address);
  };
  const kill = async () => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      await killForGood(child.pid);
  };
  await start();
  const connection = await Connection.connect({ address });
  return {
    address,
    client: new Client({ connection }),
    kill,
    restart: start,
    async stop() {
      await connection.close();
      await kill();
    },
  };
}

async function answers(address: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
