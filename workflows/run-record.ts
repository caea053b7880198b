import { ApplicationFailure, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { type Stage, stages } from '../predictor/config.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';
import type {
  EpochSummary,
  Placement,
  RunMetrics,
  RunProgress,
  ScheduledStart,
  StageOutcome,
  StageState,
  StartedBy,
  TrainingBegun,
  TrainInput,
} from './contract.js';
import { dataNotes } from './data-notes.js';
import { runDetails, type RunFailure, type RunProduct } from './details.js';

/** How many epochs the record keeps: training reports no more than this many (activities/train.ts). */
const keptEpochs = 50;

/** What a run knows of itself: answers the `progress` query and fills the run's page in the web UI. */
export class RunRecord {
  private readonly states = new Map<Stage, StageState>(
    stages.map((stage) => [stage, { stage, state: 'waiting' }]),
  );
  private readonly made = new Set<Stage>();
  private epochs: EpochSummary[] = [];
  private notes: readonly string[] = [];
  private metrics: RunMetrics | undefined;
  private placement: Placement | undefined;
  private plan: EnginePlan | undefined;
  private sameAs: string | undefined;
  private failure: RunFailure | undefined;
  private missingWorkerSince: number | undefined;
  private product: RunProduct | undefined;

  constructor(
    private readonly run: string,
    private readonly input: TrainInput,
    private readonly totalEpochs: number,
    private startedBy: StartedBy,
    private readonly schedule: ScheduledStart | undefined,
  ) {}

  /** Runs one stage and keeps its state. */
  async stage<Outcome extends StageOutcome>(stage: Stage, work: () => Promise<Outcome>): Promise<Outcome> {
    this.set({ stage, state: 'running', since: Date.now() });
    try {
      const outcome = await work();
      this.notes = [...this.notes, ...dataNotes(outcome.facts)];
      this.made.add(stage);
      const { result, reason, seconds } = outcome;
      this.change(stage, { state: 'done', result, seconds, ...(reason === undefined ? {} : { reason }) });
      return outcome;
    } catch (error) {
      if (!isCancellation(error)) this.failure = failureOf(error);
      this.change(stage, { state: isCancellation(error) ? 'cancelled' : 'failed' });
      throw error;
    }
  }

  /** Whether this run has been through a stage before. */
  hasMade(stage: Stage): boolean {
    return this.made.has(stage);
  }

  /** All stages are to be gone through again. */
  startOver(): void {
    for (const stage of stages) this.states.set(stage, { stage, state: 'waiting' });
    this.notes = [];
    this.failure = undefined;
    this.show();
  }

  /** What ended the run, if it was no stage. */
  ended(error: unknown): void {
    if (this.failure || isCancellation(error)) return;
    this.failure = failureOf(error);
    this.show();
  }

  /** No worker has taken up the training, which has been waiting for one since its stage began. */
  workerMissing(): void {
    this.missingWorkerSince = this.states.get('train')?.since;
    this.show();
  }

  trainingBegun({ attempt, toldEvery, from }: TrainingBegun): void {
    this.change('train', { attempt, toldEvery, ...(from === undefined ? {} : { from }) });
  }

  /** Whether a worker has taken up the training, or it has ended without. */
  trainingHasBegun(): boolean {
    const train = this.states.get('train');
    return train?.state !== 'running' || train.attempt !== undefined;
  }

  /** Keeps the latest report of an epoch; a retried training reports some twice. */
  epochEnded(summary: EpochSummary): void {
    this.epochs = [...this.epochs.filter(({ epoch }) => epoch < summary.epoch), summary].slice(-keptEpochs);
    this.show();
  }

  placed(placement: Placement): void {
    this.placement = placement;
    this.show();
  }

  planned(plan: EnginePlan): void {
    this.plan = plan;
    this.show();
  }

  /** What started the run, found out after its start. */
  wasStartedBy(startedBy: StartedBy): void {
    this.startedBy = startedBy;
    this.show();
  }

  /** The run ends here: what is left to do has been done by another. */
  unchanged(sameAs: string): void {
    this.sameAs = sameAs;
    for (const { stage, state } of [...this.states.values()]) {
      if (state === 'waiting') this.states.set(stage, { stage, state: 'skipped' });
    }
    this.show();
  }

  evaluated(metrics: RunMetrics): void {
    this.metrics = metrics;
    this.show();
  }

  published(product: RunProduct): void {
    this.product = product;
    this.show();
  }

  progress(): RunProgress {
    return {
      run: this.run,
      source: this.input.source.kind,
      ...this.start(),
      stages: [...this.states.values()],
      ...(this.notes.length > 0 ? { notes: this.notes } : {}),
      epochs: this.epochs,
      totalEpochs: this.totalEpochs,
      ...(this.metrics ? { metrics: this.metrics } : {}),
      ...(this.placement ? { placement: this.placement } : {}),
      ...(this.plan ? { plan: this.plan } : {}),
      ...(this.sameAs === undefined ? {} : { sameAs: this.sameAs }),
    };
  }

  start(): { readonly startedBy: StartedBy; readonly schedule?: ScheduledStart } {
    return { startedBy: this.startedBy, ...(this.schedule ? { schedule: this.schedule } : {}) };
  }

  /** Whatever a stage has to tell ends its wait for a worker. */
  private change(stage: Stage, change: Partial<StageState>): void {
    this.missingWorkerSince = undefined;
    this.set({ stage, state: 'waiting', ...this.states.get(stage), ...change });
  }

  private set(state: StageState): void {
    this.states.set(state.stage, state);
    this.show();
  }

  private show(): void {
    const { input, failure, missingWorkerSince, product } = this;
    setCurrentDetails(
      runDetails({
        ...this.progress(),
        input,
        ...(failure ? { failure } : {}),
        ...(missingWorkerSince === undefined ? {} : { missingWorkerSince }),
        ...(product ? { product } : {}),
      }),
    );
  }
}

/** What is at the bottom of a chain of causes: what went wrong, not who noticed. */
function failureOf(error: unknown): RunFailure {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return { type: 'Error', message: String(deepest) };
  const type = deepest instanceof ApplicationFailure ? (deepest.type ?? deepest.name) : deepest.name;
  return { type, message: deepest.message };
}

/** Whether a stage is to ignore the store: `refresh` names it or one before it. */
export function mustRefresh(stage: Stage, refresh: TrainInput['refresh']): boolean {
  if (refresh === undefined) return false;
  return refresh === 'all' || stages.indexOf(stage) >= stages.indexOf(refresh);
}
