import { type RunProgress, type StageState, trainQueues } from './contract.js';
import { missingWorker } from './queues.js';

const marks = { waiting: '·', running: '▶', done: '✓', failed: '✗', cancelled: '✗', skipped: '–' } as const;

/** The run as Markdown, for the web UI: stages, the latest epochs, metrics, how to fetch what it made. */
export function runDetails(progress: RunProgress, failure?: string): string {
  const lines: string[] = [];
  if (progress.source === 'synthetic') {
    lines.push('**Synthetic data**: made by a seeded generator, not MovieLens.', '');
  }
  lines.push(
    '| stage | state | seconds | why |',
    '| --- | --- | --- | --- |',
    ...progress.stages.map(stageRow),
    '',
  );
  for (const note of progress.notes ?? []) lines.push(`**Note**: ${note}`, '');
  if (progress.placement && !progress.plan && !progress.placement.attended) {
    lines.push(`**Waiting**: ${missingWorker(trainQueues[progress.placement.device])}`, '');
  }
  if (progress.plan) {
    const { engine, device, reason } = progress.plan;
    lines.push(`Trained by \`${engine}\` on the ${device.toUpperCase()}: ${reason}`, '');
  }
  const latest = progress.epochs.at(-1);
  if (latest) {
    lines.push(
      `Epoch ${latest.epoch} of ${progress.totalEpochs}: loss ${latest.loss.toFixed(5)}, ` +
        `validation loss ${latest.valLoss.toFixed(5)}, validation accuracy ${latest.valAccuracy.toFixed(5)}`,
      '',
    );
  }
  if (progress.metrics) {
    const numbers = Object.entries(progress.metrics.test).filter(([, value]) => typeof value === 'number');
    lines.push('| test metric | value |', '| --- | --- |');
    lines.push(...numbers.map(([name, value]) => `| ${name} | ${formatNumber(value as number)} |`), '');
  }
  if (progress.sameAs !== undefined) {
    lines.push(`**Unchanged**: the same data, configuration and code as in \`${progress.sameAs}\``, '');
  }
  if (failure !== undefined) lines.push(`**Failed**: ${failure}`, '');
  if (progress.stages.every(({ state }) => state === 'done')) {
    lines.push(
      `Artifacts: \`runs/${progress.run}/\` in the bucket; \`streamsage artifacts get ${progress.run}\``,
    );
  }
  return lines.join('\n');
}

/** What a stage's facts say about the data that somebody should know. */
export function dataNotes(facts: Readonly<Record<string, number | string>>): string[] {
  const { warning, badRows = 0, firstBadRow, repeatedRatings = 0 } = facts;
  const notes: string[] = [];
  if (warning !== undefined) notes.push(String(warning));
  if (Number(badRows) > 0) {
    notes.push(
      `${badRows} bad ${badRows === 1 ? 'row was' : 'rows were'} dropped. The first: ${firstBadRow}`,
    );
  }
  if (Number(repeatedRatings) > 0) {
    const are = repeatedRatings === 1 ? 'rating is' : 'ratings are';
    notes.push(`${repeatedRatings} ${are} of a user and a movie that an earlier row has; all were kept`);
  }
  return notes;
}

function stageRow({ stage, state, result, reason, seconds }: StageState): string {
  const note = result === 'hit' ? ' (from the store)' : '';
  const why = reason?.replace(/[|\\`\s]+/g, ' ') ?? '';
  return `| ${stage} | ${marks[state]} ${state}${note} | ${seconds?.toFixed(1) ?? ''} | ${why} |`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}
