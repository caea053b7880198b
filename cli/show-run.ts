import { readManifest } from '../artifacts/runs.js';
import type {
  BlockedState,
  PublishedArtifact,
  Repair,
  RunMetrics,
  ScheduledStart,
  StageState,
  StartedBy,
  TrainResult,
} from '../workflows/contract.js';
import type { Connections } from './connections.js';
import { findWorkflow } from './find-workflow.js';
import { runLinks } from './links.js';
import { alignColumns, formatBytes, type Output, printJson, printLines } from './output.js';
import { portForwardLines } from './port-forward.js';
import { describeRepairs, describeStart, describeTraining, describeUnchanged } from './run-report.js';
import { runBlocked, RunFailedError, runFailure } from './run-failure.js';
import { takeSnapshot } from './run-progress.js';

/** What `runs show --json` prints. */
export interface ShownRun {
  readonly run: string;
  readonly status:
    'running' | 'blocked' | 'completed' | 'unchanged' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';
  readonly reason?: string;
  /** Of an unchanged run: the published one that it would have equalled. */
  readonly sameAs?: string;
  readonly startedBy?: StartedBy;
  readonly schedule?: ScheduledStart;
  readonly blocked?: BlockedState;
  readonly repairs?: readonly Repair[];
  readonly metrics: RunMetrics | null;
  readonly artifacts: readonly PublishedArtifact[];
  readonly stages: readonly StageState[];
  /** Engine and device that trained, why, and from where it went on; empty before the training has ended. */
  readonly training: Readonly<Record<string, number | string>>;
  readonly links: Readonly<Record<string, string>>;
}

/** Shows a run from Temporal's account of it; from its manifest where Temporal no longer keeps one. */
export async function showRun(to: Connections, run: string, options: { json?: boolean }, output: Output) {
  const shown = await describeRun(to, run);
  if (options.json) printJson(output, shown);
  else printLines(output, shownLines(shown));
}

async function describeRun(to: Connections, run: string): Promise<ShownRun> {
  const links = { ...runLinks(to.settings, run) };
  const description = await findWorkflow(to.client, run);
  if (description === undefined) {
    const manifest = await readManifest(to.store, run);
    const { metrics, artifacts, stages, training } = manifest;
    const states = stages.map(({ stage, result, reason, seconds }) => ({
      stage,
      state: 'done',
      result,
      ...(reason === undefined ? {} : { reason }),
      seconds,
    }));
    return {
      ...{ run, status: 'completed', ...startOf(manifest), metrics, artifacts, training, links },
      stages: states as StageState[],
    };
  }
  const status = description.status.name.toLowerCase() as ShownRun['status'];
  if (status === 'completed') {
    const result = (await to.client.workflow.getHandle(run).result()) as TrainResult;
    const { status: end, stages } = result;
    const { metrics, artifacts, training } =
      end === 'completed' ? result : { metrics: null, artifacts: [], training: {} };
    return {
      ...{
        run,
        status: end,
        ...(end === 'unchanged' ? { sameAs: result.sameAs } : {}),
        ...startOf(result),
        ...repairsOf(result),
      },
      ...{ metrics, artifacts, stages, training },
      links: { ...links, ...(end === 'unchanged' ? artifactsLink(to, result.sameAs) : {}) },
    };
  }
  const { progress } = await takeSnapshot(to.client, run);
  const { blocked } = progress ?? {};
  const reason = blocked
    ? runBlocked(run, blocked).message
    : status === 'running'
      ? undefined
      : await failureReason(to, run);
  return {
    run,
    status: blocked ? 'blocked' : status,
    ...(blocked ? { blocked } : {}),
    ...repairsOf(progress ?? {}),
    ...(reason === undefined ? {} : { reason }),
    ...startOf(progress ?? {}),
    metrics: progress?.metrics ?? null,
    artifacts: [],
    stages: progress?.stages ?? [],
    training: {},
    links,
  };
}

/** Where the artifacts are that a run would have made. */
function artifactsLink({ settings }: Connections, run: string): { readonly artifacts?: string } {
  const { artifacts } = runLinks(settings, run);
  return artifacts === undefined ? {} : { artifacts };
}

/** Without what earlier versions do not say. */
function startOf({
  startedBy,
  schedule,
}: {
  readonly startedBy?: StartedBy | undefined;
  readonly schedule?: ScheduledStart | undefined;
}) {
  return { ...(startedBy ? { startedBy } : {}), ...(schedule ? { schedule } : {}) };
}

function repairsOf({ repairs }: { readonly repairs?: readonly Repair[] }) {
  return repairs ? { repairs } : {};
}

async function failureReason({ client }: Connections, run: string): Promise<string> {
  try {
    await client.workflow.getHandle(run).result();
    return '';
  } catch (error) {
    const failure = runFailure(run, error);
    if (failure instanceof RunFailedError) return failure.message;
    throw failure;
  }
}

function shownLines(shown: ShownRun): string[] {
  const { run, status, reason, sameAs, startedBy, schedule } = shown;
  const { metrics, artifacts, stages, training, links } = shown;
  return [
    `Run ${run}: ${status}`,
    ...(reason === undefined ? [] : [`  ${reason}`]),
    ...(sameAs === undefined ? [] : [`  ${describeUnchanged(run, sameAs)}`]),
    ...describeStart(startedBy, schedule).map((line) => `  ${line}`),
    ...describeRepairs(shown.repairs).map((line) => `  ${line}`),
    '',
    ...alignColumns(
      stages.map(({ stage, state, result, reason, seconds }) => [
        `  ${stage}`,
        result === 'hit' ? 'from the store' : state,
        seconds === undefined ? '' : `${seconds.toFixed(1)} s`,
        reason ?? '',
      ]),
    ),
    ...describeTraining(training).map((line) => `  ${line}`),
    ...(metrics
      ? [
          '',
          ...alignColumns(
            Object.entries(metrics.test).map(([name, value]) => [`  ${name}`, JSON.stringify(value)]),
          ),
        ]
      : []),
    ...(artifacts.length > 0
      ? [
          '',
          ...alignColumns(
            artifacts.map(({ name, bytes, sha256 }) => [`  ${name}`, formatBytes(bytes), sha256]),
          ),
        ]
      : []),
    '',
    ...Object.values(links).map((link) => `  ${link}`),
    ...portForwardLines(Object.values(links)),
  ];
}
