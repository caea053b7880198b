import assert from 'node:assert/strict';
import { sizeRow, sizeTable, type TrainingRun, trainingRows, trainingTable } from '../../bench/report.js';

const whole = { epochs: 2, steps: 10 };

/** Two epochs of ten steps at `msPerStep`, nothing beside them but a second to start the process. */
function run(msPerStep: number, change: Partial<TrainingRun> = {}): TrainingRun {
  const seconds = msPerStep / 100;
  return {
    seconds: 2 * seconds,
    cpuSeconds: 2 * seconds,
    trainSeconds: [seconds, seconds],
    validationSeconds: [0, 0],
    steps: 10,
    peakBytes: 50e6,
    validationLoss: 0.075,
    version: 'Node 20',
    processSeconds: 2 * seconds + 1,
    ...change,
  };
}

describe('the table of training', () => {
  it('sets each contender beside ours, with the ends of the ratio', () => {
    const rows = trainingRows(
      [
        { name: 'ours', observations: [run(100), run(200)] },
        { name: 'theirs', observations: [run(200), run(800)] },
      ],
      whole,
    );
    const lines = trainingTable(rows, whole).split('\n');
    assert.equal(lines[2], '| ours | 3.00 | 1 | 150 | 1 | 0.0 | 1.0 | 1.0 | 50 | 0.0750 |');
    assert.equal(
      lines[3],
      '| theirs | 10.0 | 3.00 (2.00 – 4.00) | 500 | 3.00 (2.00 – 4.00) | 0.0 | 1.0 | 1.0 | 50 | 0.0750 |',
    );
  });

  it('says below which training was not measured as a whole, and how much was', () => {
    const part = run(100, { steps: 5 });
    delete (part as { validationLoss?: number }).validationLoss;
    const rows = trainingRows(
      [
        { name: 'ours', observations: [run(100)] },
        { name: 'slow', observations: [part] },
        { name: 'slower', observations: [part] },
        { name: 'short', observations: [run(100, { trainSeconds: [1], validationSeconds: [0] })] },
      ],
      whole,
    );
    const table = trainingTable(rows, whole);
    assert.match(table, /^\| slow¹ .* – \|$/m);
    assert.match(table, /^\| slower¹ /m);
    assert.match(table, /^\| short² /m);
    assert.match(table, /^¹ Measured: 2 times 5 steps/m);
    assert.match(table, /^² Measured: 1 epochs/m);
    assert.doesNotMatch(table, /ours¹/);
  });

  it('is one table: its notes stand after an empty line', () => {
    const rows = trainingRows([{ name: 'slow', observations: [run(100, { steps: 5 })] }], whole);
    assert.match(trainingTable(rows, whole), /\|\n\n¹/);
  });
});

describe('the table of sizes', () => {
  it('gives milliseconds for a thousand windows, whatever the batch', () => {
    const observed = [
      { name: 'ours', observations: [run(4)] },
      { name: 'JAX', observations: [run(2)] },
    ];
    const row = sizeRow(32, 5, 320, observed);
    assert.deepEqual(
      row.msPer1000.map(({ median }) => median),
      [125, 62.5],
    );
    assert.equal(
      sizeTable(['ours', 'JAX'], [row]).split('\n')[2],
      '| 32 | 5 | 125 | 62.5 | 0.50 (0.50 – 0.50) |',
    );
  });
});
