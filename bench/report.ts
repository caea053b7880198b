/** The tables of `npm run bench:train`, as Markdown. */
import {
  ratios,
  type Spread,
  spread,
  type TrainingObservation,
  type Training,
  wholeTraining,
} from './statistics.js';

/** A contender's repetitions. */
export interface Observed<Observation> {
  readonly name: string;
  readonly observations: readonly Observation[];
}

/** A training contender's row: medians over the repetitions, ratios to the first contender with their ends. */
export interface TrainingRow {
  readonly name: string;
  readonly version: string;
  readonly wholeSeconds: Spread;
  readonly warmUpSeconds: Spread;
  readonly msPerStep: Spread;
  readonly wholeRatio: Spread;
  readonly stepRatio: Spread;
  /** Of the process, beside the training: start, imports, reading the data. */
  readonly startSeconds: Spread;
  readonly cores: Spread;
  readonly peakMegabytes: number;
  /** The last repetition's. */
  readonly validationLoss: number | undefined;
  readonly measuredEpochs: number;
  readonly measuredSteps: number;
  readonly extrapolated: boolean;
}

export type TrainingRun = TrainingObservation & { readonly processSeconds: number };

/** @param observed ours first: the others are compared with it */
export function trainingRows(
  observed: readonly Observed<TrainingRun>[],
  whole: { readonly epochs: number; readonly steps: number },
): TrainingRow[] {
  const trainings = observed.map(({ observations }) => observations.map((one) => wholeTraining(one, whole)));
  return observed.map(({ name, observations }, index) => {
    const mine = trainings[index]!;
    const ours = trainings[0]!;
    const of = (value: (training: Training) => number): Spread => spread(mine.map(value));
    const beside = (value: (training: Training) => number): Spread =>
      spread(ratios(mine.map(value), ours.map(value)));
    const last = observations.at(-1)!;
    return {
      name,
      version: last.version,
      wholeSeconds: of((training) => training.wholeSeconds),
      warmUpSeconds: of((training) => training.warmUpSeconds),
      msPerStep: of((training) => training.msPerStep),
      wholeRatio: beside((training) => training.wholeSeconds),
      stepRatio: beside((training) => training.msPerStep),
      startSeconds: spread(observations.map((one) => one.processSeconds - one.seconds)),
      cores: spread(observations.map((one) => one.cpuSeconds / one.seconds)),
      peakMegabytes: Math.max(...observations.map((one) => one.peakBytes)) / 1e6,
      validationLoss: last.validationLoss,
      measuredEpochs: last.trainSeconds.length,
      measuredSteps: last.steps,
      extrapolated: mine.some((training) => training.extrapolated),
    };
  });
}

export function trainingTable(
  rows: readonly TrainingRow[],
  whole: { readonly epochs: number; readonly steps: number },
): string {
  const noteOf = (row: TrainingRow): string | undefined =>
    row.extrapolated ? howMeasured(row, whole) : undefined;
  const notes = [...new Set(rows.map(noteOf).filter((note) => note !== undefined))];
  const marks = ['¹', '²', '³'];
  const markOf = (row: TrainingRow): string => marks[notes.indexOf(noteOf(row) ?? '')] ?? '';
  return [
    table(
      [
        '',
        'whole training, s',
        '× ours',
        'ms a step',
        '× ours',
        'warm-up, s',
        'process start, s',
        'cores used',
        'peak MB',
        'validation loss',
      ],
      rows.map((row, index) => [
        `${row.name}${markOf(row)}`,
        number(row.wholeSeconds.median),
        index === 0 ? '1' : withEnds(row.wholeRatio),
        number(row.msPerStep.median),
        index === 0 ? '1' : withEnds(row.stepRatio),
        row.warmUpSeconds.median.toFixed(1),
        row.startSeconds.median.toFixed(1),
        row.cores.median.toFixed(1),
        row.peakMegabytes.toFixed(0),
        row.validationLoss?.toFixed(4) ?? '–',
      ]),
    ),
    '',
    ...notes.map((note, index) => `${marks[index]!} ${note}  `),
    '',
    `Versions: ${[...new Set(rows.map((row) => row.version))].join('; ')}`,
    '',
  ].join('\n');
}

function howMeasured(
  { measuredSteps, measuredEpochs }: TrainingRow,
  whole: { readonly epochs: number; readonly steps: number },
): string {
  const measured =
    measuredSteps === whole.steps
      ? `${measuredEpochs} epochs, and the validation loss is that after them`
      : `${measuredEpochs} times ${measuredSteps} steps, and whole validations`;
  return `Measured: ${measured}; whole training = warm-up + ${whole.epochs} × a steady epoch.`;
}

/** One size of the model's input, measured with each contender. */
export interface SizeRow {
  readonly batch: number;
  readonly steps: number;
  /** ms for 1,000 windows, ours first. */
  readonly msPer1000: readonly Spread[];
  /** Of the contenders after ours, to ours. */
  readonly ratio: readonly Spread[];
}

/** @param observed ours first */
export function sizeRow(
  batch: number,
  steps: number,
  trainWindows: number,
  observed: readonly Observed<TrainingRun>[],
): SizeRow {
  const times = observed.map(({ observations }) =>
    observations.map((one) => {
      const { msPerStep } = wholeTraining(one, { epochs: one.trainSeconds.length, steps: one.steps });
      return (msPerStep * one.steps * 1000) / trainWindows;
    }),
  );
  return {
    batch,
    steps,
    msPer1000: times.map((values) => spread(values)),
    ratio: times.slice(1).map((values) => spread(ratios(values, times[0]!))),
  };
}

export function sizeTable(names: readonly string[], rows: readonly SizeRow[]): string {
  const header = [
    'batch',
    'ratings in a window',
    ...names.map((name) => `${name}, ms for 1,000 windows`),
    ...names.slice(1).map((name) => `${name}, × ours`),
  ];
  const cells = rows.map(({ batch, steps, msPer1000, ratio }) => [
    String(batch),
    String(steps),
    ...msPer1000.map((value) => number(value.median)),
    ...ratio.map((value) => withEnds(value)),
  ]);
  return `${table(header, cells)}\n`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function withEnds({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} – ${most.toFixed(2)})`;
}

/** Three digits that count. */
function number(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);
}
