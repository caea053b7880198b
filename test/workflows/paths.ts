import { Context } from '@temporalio/activity';
import { ArtifactMissingError } from '../../artifacts/errors.js';
import { startAttributes } from '../../cli/start-attributes.js';
import { StoreUnreachableError } from '../../adapters/errors.js';
import { InvalidDataError, OutOfMemoryError } from '../../predictor/errors.js';
import {
  dataQueue,
  epochEndedSignal,
  progressQuery,
  type RunProgress,
  repairUpdate,
  trainingBegunSignal,
  type TrainInput,
  workflowType,
} from '../../workflows/contract.js';
import { type Activities, recordingActivities, type WorkflowRuns } from '../support/workflow-runs.js';

/** Goes one way through the workflow, whatever its end. @returns the run's name */
export type Path = (runs: WorkflowRuns) => Promise<string>;

const source = { kind: 'synthetic' } as const;
const attributes = (input: TrainInput) => ({ typedSearchAttributes: startAttributes(input, 'hand') });

/** Runs with these activities until it ends, doing something meanwhile. */
function path(
  input: TrainInput,
  overrides: (runs: WorkflowRuns) => Partial<Activities> = () => ({}),
  meanwhile?: (runs: WorkflowRuns, run: string) => Promise<unknown>,
): Path {
  return async (runs) => {
    const during = async (run: string) => {
      await meanwhile?.(runs, run);
    };
    const activities = recordingActivities([], overrides(runs));
    await runs.run(activities, input, during, attributes(input)).catch(() => undefined);
    return runs.lastRun();
  };
}

const handleOf = ({ environment }: WorkflowRuns, run: string) => environment.client.workflow.getHandle(run);
const until = async (runs: WorkflowRuns, run: string, isThere: (progress: RunProgress) => boolean) => {
  const handle = handleOf(runs, run);
  while (!isThere(await handle.query<RunProgress>(progressQuery))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const untilBlocked = (runs: WorkflowRuns, run: string) => until(runs, run, ({ blocked }) => !!blocked);
const repair = (runs: WorkflowRuns, run: string, set: object = {}) =>
  handleOf(runs, run).executeUpdate(repairUpdate, { args: [{ set }] });
const fails = (error: Error) => () => Promise.reject(error);
const outOfMemory = () => ({ train: fails(new OutOfMemoryError('too large')) });

/** Trains only with a small batch, and tells of its epochs as the real one does. */
const trainsSmall = (runs: WorkflowRuns): Partial<Activities> => ({
  train: async (request) => {
    const { run, parameters } = request;
    if (parameters.batchSize > 16) throw new OutOfMemoryError('too large');
    await handleOf(runs, run).signal(trainingBegunSignal, { attempt: 1, toldEvery: 1 });
    const losses = { loss: 0.1, accuracy: 0.9, valLoss: 0.2, valAccuracy: 0.8 };
    await handleOf(runs, run).signal(epochEndedSignal, { epoch: 1, ...losses });
    return recordingActivities([]).train(request);
  },
});

/** Fails so many times before it does what it is to do. */
function afterFailures(stage: 'preprocess' | 'window' | 'train', failures: Error[]): Partial<Activities> {
  const left = [...failures];
  const work = recordingActivities([])[stage] as (request: object) => Promise<unknown>;
  const activity = (request: object) => {
    const failure = left.shift();
    return failure ? Promise.reject(failure) : work(request);
  };
  return { [stage]: activity };
}

const heartbeatUntilCancelled = () => {
  const context = Context.current();
  const ticker = setInterval(() => context.heartbeat(), 50);
  return context.cancelled.finally(() => clearInterval(ticker));
};

/** Every way through the workflow, by name. */
export const paths: Readonly<Record<string, Path>> = {
  done: path({ source }),
  refreshed: path({ source, refresh: 'window', parameters: { epochs: 3 } }),
  unchanged: path({ source, onUnchanged: 'skip' }, () => ({
    findUnchanged: () => Promise.resolve({ sameAs: 'run-0' }),
  })),
  changed: path({ source, onUnchanged: 'skip' }),
  refused: path({ source, refresh: 'model' as 'all' }),
  failed: path({ source }, () => ({ preprocess: fails(new InvalidDataError('line 7')) })),
  retried: path({ source }, () => afterFailures('preprocess', [new StoreUnreachableError('away')])),
  resumed: path({ source, parameters: { batchSize: 16 } }, (runs) => {
    const { train } = trainsSmall(runs);
    let attempts = 0;
    return {
      train: (request) => {
        attempts += 1;
        return attempts === 1 ? Promise.reject(new StoreUnreachableError('away')) : train!(request);
      },
    };
  }),
  'made-again': path({ source }, () => afterFailures('window', [new ArtifactMissingError('gone')])),
  'blocked-and-repaired': path({ source, onFailure: 'block' }, trainsSmall, async (runs, run) => {
    await untilBlocked(runs, run);
    await repair(runs, run);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await untilBlocked(runs, run);
    await repair(runs, run, { batchSize: 16 });
  }),
  'blocked-by-the-store': path(
    { source, onFailure: 'block' },
    () =>
      afterFailures(
        'window',
        [1, 2, 3].map(() => new ArtifactMissingError('gone')),
      ),
    async (runs, run) => {
      await untilBlocked(runs, run);
      await repair(runs, run);
    },
  ),
  'blocked-and-cancelled': path({ source, onFailure: 'block' }, outOfMemory, async (runs, run) => {
    await untilBlocked(runs, run);
    await handleOf(runs, run).cancel();
  }),
  'blocked-too-long': path({ source, onFailure: 'block', repairWithinSeconds: 1 }, outOfMemory),
  cancelled: path(
    { source },
    () => ({ train: heartbeatUntilCancelled }),
    async (runs, run) => {
      await until(runs, run, ({ plan }) => plan !== undefined);
      await handleOf(runs, run).cancel();
    },
  ),
  scheduled: async (runs) => {
    const { client } = runs.environment;
    const input: TrainInput = { source, scheduledSince: '2026-01-01T00:00:00Z' };
    const schedule = await client.schedule.create({
      scheduleId: 'recorded',
      spec: { intervals: [{ every: '1000h' }] },
      action: {
        ...{
          type: 'startWorkflow',
          workflowType,
          workflowId: 'recorded',
          taskQueue: dataQueue,
          args: [input],
        },
        typedSearchAttributes: startAttributes(input, 'schedule'),
      },
    });
    await schedule.trigger();
    let run: string | undefined;
    while (run === undefined) {
      run = (await schedule.describe()).info.recentActions[0]?.action.workflow.workflowId;
    }
    await schedule.delete();
    const ended = client.workflow.getHandle(run);
    await runs.working(recordingActivities([]), () => ended.result());
    return run;
  },
};
