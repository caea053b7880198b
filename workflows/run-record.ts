import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { type Stage, stages } from '../predictor/config.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';
import type {
  EpochSummary,
  Placement,
  RunMetrics,
  RunProgress,
  ScheduledStart,
  Source,
  StageOutcome,
  StageState,
  StartedBy,
  TrainInput,
} from './contract.js';
import { dataNotes, runDetails } from './details.js';

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

  constructor(
    private readonly run: string,
    private readonly source: Source['kind'],
    private readonly totalEpochs: number,
    private startedBy: StartedBy,
    private readonly schedule: ScheduledStart | undefined,
  ) {}

  /** Runs one stage and keeps its state. */
  async stage<Outcome extends StageOutcome>(stage: Stage, work: () => Promise<Outcome>): Promise<Outcome> {
    this.set({ stage, state: 'running' });
    try {
      const outcome = await work();
      this.notes = [...this.notes, ...dataNotes(outcome.facts)];
      this.made.add(stage);
      const { result, reason, seconds } = outcome;
      this.set({ stage, state: 'done', result, ...(reason === undefined ? {} : { reason }), seconds });
      return outcome;
    } catch (error) {
      if (isCancellation(error)) this.set({ stage, state: 'cancelled' });
      else this.set({ stage, state: 'failed' }, rootMessage(error));
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
    this.show();
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

  progress(): RunProgress {
    return {
      run: this.run,
      source: this.source,
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

  private set(state: StageState, failure?: string): void {
    this.states.set(state.stage, state);
    this.show(failure);
  }

  private show(failure?: string): void {
    setCurrentDetails(runDetails(this.progress(), failure));
  }
}

/** The message at the bottom of a chain of causes: what went wrong, not who noticed. */
function rootMessage(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest instanceof Error ? deepest.message : String(deepest);
}

/** Whether a stage is to ignore the store: `refresh` names it or one before it. */
export function mustRefresh(stage: Stage, refresh: TrainInput['refresh']): boolean {
  if (refresh === undefined) return false;
  return refresh === 'all' || stages.indexOf(stage) >= stages.indexOf(refresh);
}
