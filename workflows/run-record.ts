import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { type Parameters, recipeOf, type Stage, stages } from '../predictor/config.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';
import type {
  BlockedState,
  EpochSummary,
  Placement,
  Repair,
  RunMetrics,
  RunProgress,
  ScheduledStart,
  StageOutcome,
  StageState,
  StartedBy,
  TrainingBegun,
  TrainInput,
} from './contract.js';
import { showOutcome, showRecipe } from './run-attributes.js';
import { dataNotes } from './data-notes.js';
import { runDetails, type RunProduct } from './details.js';
import type { RunFailure } from './failures.js';
import { describeFailure } from './stage-failure.js';

/** How many epochs the record keeps: training reports no more than this many (activities/train.ts). */
const keptEpochs = 50;
const keptRepairs = 20;

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
  private blocked: BlockedState | undefined;
  private repairs: Repair[] = [];
  private missingWorkerSince: number | undefined;
  private product: RunProduct | undefined;

  constructor(
    private readonly run: string,
    private input: TrainInput,
    private totalEpochs: number,
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
      if (!isCancellation(error)) this.failure = describeFailure(error);
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

  /** The stage that has failed, if one has. */
  failedStage(): Stage | undefined {
    return stages.find((stage) => this.states.get(stage)?.state === 'failed');
  }

  /** The run waits for a repair. */
  isBlocked(blocked: BlockedState): void {
    this.blocked = blocked;
    this.failure = undefined;
    this.change(blocked.stage, { state: 'blocked' });
    showOutcome('blocked');
  }

  /** The stage is tried again. @param parameters as they are from now on */
  repaired(repair: Repair, parameters: Parameters): void {
    this.blocked = undefined;
    this.repairs = [...this.repairs, repair].slice(-keptRepairs);
    this.input = { ...this.input, parameters: { ...this.input.parameters, ...repair.set } };
    this.totalEpochs = parameters.epochs;
    this.epochs = this.epochs.filter(({ epoch }) => epoch <= parameters.epochs);
    this.change(repair.stage, { state: 'waiting' });
    showOutcome('running');
    if (Object.keys(repair.set).length > 0) showRecipe(recipeOf(parameters));
  }

  /** Nobody came in time. */
  isNotRepaired(stage: Stage): void {
    if (!this.blocked) return;
    const { type, message } = this.blocked;
    this.failure = { type, message };
    this.blocked = undefined;
    this.change(stage, { state: 'failed' });
  }

  /** The run was ended while it was blocked. */
  wasCancelled(stage: Stage): void {
    this.blocked = undefined;
    this.change(stage, { state: 'cancelled' });
  }

  /** What ended the run, if it was no stage. */
  ended(error: unknown): void {
    if (this.failure || isCancellation(error)) return;
    this.failure = describeFailure(error);
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
      ...(this.blocked ? { blocked: this.blocked } : {}),
      ...this.repairsSoFar(),
    };
  }

  repairsSoFar(): { readonly repairs?: readonly Repair[] } {
    return this.repairs.length > 0 ? { repairs: this.repairs } : {};
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
