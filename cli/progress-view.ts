import type { RunProgress, StageState } from '../workflows/contract.js';
import { formatDuration } from './duration.js';
import { formatCount, printable } from './output.js';
import { createPaceMeter, type Pace } from './pace.js';
import { missingWorker } from '../workflows/queues.js';
import type { RunSnapshot, Waiting } from './run-progress.js';

/** Shows a run as it goes. */
export interface ProgressView {
  update(snapshot: RunSnapshot): void;
  /** Takes away whatever is not to stay on the screen. */
  end(): void;
}

/** After how long without a worker it is worth saying. */
const waitingSeconds = 5;

/** Lines that are printed once and stay: stages and epochs that have ended, retries, a missing worker. */
export function createLineLog(print: (line: string) => void): (snapshot: RunSnapshot) => void {
  const printed = new Set<string>();
  const once = (line: string | undefined) => {
    if (line === undefined || printed.has(line)) return;
    printed.add(line);
    print(line);
  };
  return ({ progress, retry, waiting }) => {
    for (const state of progress?.stages ?? []) {
      if (state.stage === 'train') for (const line of epochLines(progress)) once(line);
      once(stageLine(state));
    }
    if (retry) once(`  ${retry.stage}: attempt ${retry.attempt} (${retry.reason})`);
    if (waiting && Date.now() - waiting.since.getTime() > waitingSeconds * 1000) {
      once(waitingLine(waiting));
    }
  };
}

function waitingLine({ stage, queue, attended }: Waiting): string {
  const why =
    queue === undefined || attended === undefined
      ? '`npx --no-install streamsage status` shows which part is down'
      : attended
        ? `those that poll \`${queue}\` are busy, or were ended within the last minute`
        : missingWorker(queue);
  return `  ${stage ?? 'run'}: waiting for a worker; ${why}`;
}

/** Plain lines, for pipes and logs. */
export function createPlainView(print: (line: string) => void): ProgressView {
  return { update: createLineLog(print), end: () => undefined };
}

/** Of a terminal that does not know its own width: a container's says 0. [columns] */
const unknownWidth = 80;

/** The same lines, and below them one live line with a bar. */
export function createTerminalView(stream: NodeJS.WriteStream): ProgressView {
  const clear = () => void stream.write('\r\u001b[K');
  const log = createLineLog((line) => {
    clear();
    stream.write(`${printable(line)}\n`);
  });
  const measure = createPaceMeter();
  return {
    update(snapshot) {
      log(snapshot);
      clear();
      const pace = snapshot.live && measure(snapshot.live);
      stream.write(printable(liveLine(snapshot, pace)).slice(0, (stream.columns || unknownWidth) - 1));
    },
    end: clear,
  };
}

function stageLine({ stage, state, result, seconds }: StageState): string | undefined {
  if (state !== 'done') return undefined;
  const how = result === 'hit' ? 'from the store' : `${(seconds ?? 0).toFixed(1)} s`;
  return `  ${stage.padEnd(11)}${how}`;
}

function epochLines(progress: RunProgress | undefined): string[] {
  return (progress?.epochs ?? []).map(
    ({ epoch, loss, accuracy, valLoss, valAccuracy }) =>
      `  epoch ${String(epoch).padStart(String(progress!.totalEpochs).length)}/${progress!.totalEpochs}` +
      `  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}` +
      `  val_loss ${valLoss.toFixed(4)}  val_accuracy ${valAccuracy.toFixed(4)}`,
  );
}

/** The running stage in one line: a bar where the total is known, the numbers of the moment, rate and time left. */
export function liveLine({ progress, live }: RunSnapshot, pace?: Pace): string {
  const running = progress?.stages.find(({ state }) => state === 'running')?.stage;
  if (running === undefined) return '';
  if (live?.stage !== running) return `  ${running} …`;
  const { done, total, unit, epoch, epochs, loss } = live;
  const parts = [`  ${running.padEnd(10)}`];
  if (total) parts.push(bar(done / total));
  if (epoch !== undefined && epochs !== undefined) parts.push(`epoch ${epoch}/${epochs}`);
  if (pace?.secondsLeft !== undefined)
    parts.push(`${formatDuration(Math.ceil(pace.secondsLeft) * 1000)} left`);
  if (done > 0) parts.push(`${formatCount(done)}${total ? ` of ${formatCount(total)}` : ''} ${unit}`);
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(4)}`);
  if (pace) parts.push(`${formatCount(Math.round(pace.rate))} ${unit}/s`);
  return parts.join('  ');
}

function bar(share: number, width = 24): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}
