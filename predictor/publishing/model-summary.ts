import { type ModelShape, parameterCount, sizeOf, weightShapes } from '../model/weights.js';

/** Widths of the table's columns, as Keras 3 sets them at its default line length. */
const widths = [33, 24, 15] as const;

/** What `model.summary()` prints in Keras 3 for a model of this shape. */
export function modelSummary(shape: ModelShape): string {
  const { units, denseUnits } = shape;
  const shapes = weightShapes(shape);
  const count = (...names: (keyof typeof shapes)[]) =>
    names.reduce((sum, name) => sum + sizeOf(shapes[name]), 0);
  const rows = [
    row('lstm (LSTM)', units, count('lstmKernel', 'lstmRecurrentKernel', 'lstmBias')),
    row('dropout (Dropout)', units, 0),
    row('dense (Dense)', denseUnits, count('denseKernel', 'denseBias')),
    row('dense_1 (Dense)', 1, count('outputKernel', 'outputBias')),
  ];
  const total = parameterCount(shape);
  const line = (left: string, middle: string, right: string, dash: string) =>
    left + widths.map((width) => dash.repeat(width)).join(middle) + right;
  const heading = ['Layer (type)'.padEnd(31), 'Output Shape'.padEnd(22), 'Param #'.padStart(13)];
  return [
    'Model: "sequential"',
    line('┏', '┳', '┓', '━'),
    `┃ ${heading.join(' ┃ ')} ┃`,
    line('┡', '╇', '┩', '━'),
    rows.join(`\n${line('├', '┼', '┤', '─')}\n`),
    line('└', '┴', '┘', '─'),
    ` Total params: ${grouped(total)} (${memorySize(4 * total)})`,
    ` Trainable params: ${grouped(total)} (${memorySize(4 * total)})`,
    ' Non-trainable params: 0 (0.00 B)',
    '',
  ].join('\n');
}

function row(layer: string, width: number, parameters: number): string {
  return `│ ${layer.padEnd(31)} │ ${`(None, ${width})`.padEnd(22)} │ ${grouped(parameters).padStart(13)} │`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function memorySize(bytes: number): string {
  let size = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (size < 1024) return `${size.toFixed(2)} ${unit}`;
    size /= 1024;
  }
  return `${size.toFixed(2)} TB`;
}
