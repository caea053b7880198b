import { type AttributesState, searchAttributesState, serverVersion } from '../adapters/probe-temporal.js';
import { loadTemporalSettings } from '../adapters/settings.js';
import { activityPollers, connect, pollerSeenMs, temporalRefusal } from '../adapters/temporal.js';
import { dataQueue, trainQueues } from '../workflows/contract.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { type Check, failure, type Finding, runChecks } from './findings.js';

const check = 'Temporal';
const limitMs = 10_000;

/** Server, namespace, search attributes, and who polls the queues. */
export const temporalCheck: Check = {
  name: check,
  // Connecting, and after that the questions.
  limitMs: 2 * limitMs,
  whenSilent: 'away',
  async run(signal) {
    const settings = loadTemporalSettings();
    const { address, namespace } = settings;
    const connection = await connect(settings);
    const asked = <Result>(work: () => Promise<Result>) =>
      connection.withAbortSignal(signal, () => connection.withDeadline(Date.now() + limitMs, work));
    try {
      const version = await asked(() => serverVersion(connection, namespace)).catch((error: unknown) => {
        throw temporalRefusal(settings, error) ?? error;
      });
      const says = `${address}, namespace ${namespace}, server ${version || 'of a version it does not tell'}`;
      return [{ check, state: 'ok', says }, ...(await runChecks([attributesCheck(), queuesCheck()]))];
    } catch (error) {
      return [{ ...failure(check, error), state: 'away' }];
    } finally {
      await connection.close();
    }

    function attributesCheck(): Check {
      const name = 'search attributes';
      return {
        ...{ name, limitMs, whenSilent: 'failed' },
        run: async () => [
          judgeAttributes(
            await asked(() => searchAttributesState(connection, namespace, Object.values(searchAttributes))),
          ),
        ],
      };
    }

    function queuesCheck(): Check {
      const pollersOf = async (queue: string) => {
        const found = await asked(() => activityPollers(connection.workflowService, namespace, queue));
        const since = Date.now() - pollerSeenMs;
        return found.filter(({ polledAt = 0 }) => polledAt > since).map(({ identity }) => identity);
      };
      return {
        ...{ name: 'queues', limitMs, whenSilent: 'failed' },
        async run() {
          const queues = [dataQueue, trainQueues.cpu, trainQueues.gpu];
          const [data, cpu, gpu] = await Promise.all(queues.map(pollersOf));
          return judgeQueues({ data: data!, cpu: cpu!, gpu: gpu! });
        },
      };
    }
  },
};

export function judgeAttributes(state: AttributesState | undefined): Finding {
  const name = 'search attributes';
  if (!state) {
    return { check: name, state: 'warning', says: 'this user may not see them: runs work, filters may not' };
  }
  const { missing, otherType } = state;
  if (otherType.length > 0) {
    return {
      ...{ check: name, state: 'failed' },
      says: `${otherType.join(', ')} of another type than StreamSage's. Remove and make them again: npx --no-install streamsage provision temporal`,
    };
  }
  return missing.length === 0
    ? { check: name, state: 'ok', says: `all ${Object.keys(searchAttributes).length} are there` }
    : {
        ...{ check: name, state: 'warning' },
        says: `${missing.join(', ')} missing: runs work, and cannot be filtered. Make them: npx --no-install streamsage provision temporal`,
      };
}

/** Identities of those who poll each queue. */
export interface QueuePollers {
  readonly data: readonly string[];
  readonly cpu: readonly string[];
  readonly gpu: readonly string[];
}

/** A run needs the data queue, and one for training: the CPU's, unless a GPU is asked for or gains. */
export function judgeQueues({ data, cpu, gpu }: QueuePollers): Finding[] {
  const polled = (queue: string, by: readonly string[]): Finding => ({
    ...{ check: `queue ${queue}`, state: 'ok' },
    says: `${by.length} ${by.length === 1 ? 'worker' : 'workers'} (${shown(by)})`,
  });
  const start = (file: string) => `Start one: ${file}, or on this machine: npx --no-install streamsage up`;
  const trainer = start('node dist/workers/train-worker.js');
  return [
    data.length > 0
      ? polled(dataQueue, data)
      : {
          ...{ check: `queue ${dataQueue}`, state: 'failed' },
          says: `no worker polls it: runs wait. ${start('node dist/workers/data-worker.js')}`,
        },
    cpu.length > 0
      ? polled(trainQueues.cpu, cpu)
      : {
          ...{ check: `queue ${trainQueues.cpu}`, state: gpu.length > 0 ? 'warning' : 'failed' },
          says: `no worker polls it: trainings on the CPU wait. ${trainer}`,
        },
    gpu.length > 0
      ? polled(trainQueues.gpu, gpu)
      : {
          ...{ check: `queue ${trainQueues.gpu}`, state: 'ok' },
          says: 'no worker polls it; only runs that ask for a GPU need one',
        },
  ];
}

function shown(identities: readonly string[]): string {
  const most = 3;
  const rest = identities.length > most ? `, and ${identities.length - most} more` : '';
  return identities.slice(0, most).join(', ') + rest;
}
