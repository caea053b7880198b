import type { Stage } from '../predictor/config.js';
import type { Device, EngineName } from '../predictor/engine/choose-engine.js';
import type { EpochSummary, StageOutcome } from '../workflows/contract.js';

/** The attempt at a stage in which something happens. */
export interface StageAttempt {
  readonly run: string;
  readonly stage: Stage;
  /** From 1. */
  readonly attempt: number;
}

/** What happens while a stage runs, for those who operate the pipeline. Numbers and names, never data. */
export type StageEvent =
  | { readonly kind: 'started' }
  | {
      readonly kind: 'ended';
      readonly result: StageOutcome['result'];
      readonly seconds: number;
      /** Bytes that came from and went to the store; a copy within it is neither. */
      readonly bytesRead: number;
      readonly bytesWritten: number;
    }
  | {
      readonly kind: 'failed';
      readonly seconds: number;
      /** Name of the error's class. */
      readonly error: string;
      readonly reason: string;
      readonly retried: boolean;
      /** Of an error that no part of the pipeline has named: a mistake in the code. */
      readonly stack?: string;
    }
  /** `cancelled`: by the run. `interrupted`: by the worker's end or a time-out, and tried again. */
  | { readonly kind: 'cancelled' | 'interrupted'; readonly seconds: number; readonly reason: string }
  | { readonly kind: 'read' | 'written'; readonly bytes: number }
  | { readonly kind: 'placed'; readonly device: Device; readonly reason: string; readonly attended: boolean }
  | {
      readonly kind: 'planned';
      readonly engine: EngineName;
      readonly device: Device;
      readonly reason: string;
      readonly runtime: string;
    }
  /** `epoch` epochs are done, and `step` steps of the next: both 0 where nothing was found to go on from. */
  | {
      readonly kind: 'trainingBegan';
      readonly epoch: number;
      readonly step: number;
      readonly epochs: number;
    }
  | {
      readonly kind: 'stepsTaken';
      readonly steps: number;
      /** In which they were taken: validation, and at first the start of the process, are part of it. */
      readonly seconds: number;
      readonly engine: EngineName;
      readonly device: Device;
    }
  | { readonly kind: 'trainingEnded'; readonly engine: EngineName; readonly device: Device }
  | ({ readonly kind: 'epochEnded'; readonly epochs: number } & EpochSummary)
  | {
      readonly kind: 'checkpointSaved';
      readonly epoch: number;
      readonly step: number;
      readonly bytes: number;
      readonly seconds: number;
    }
  | { readonly kind: 'processStarted'; readonly childPid: number }
  | {
      readonly kind: 'processEnded';
      readonly childPid: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly seconds: number;
    }
  /** A line that the training process wrote itself. */
  | { readonly kind: 'processSaid'; readonly childPid: number; readonly line: string };

/** Takes what happens; it never throws. */
export type Telemetry = (attempt: StageAttempt, event: StageEvent) => void;

/** The same, of one attempt. */
export type Tell = (event: StageEvent) => void;
