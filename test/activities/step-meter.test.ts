import assert from 'node:assert/strict';
import { createStepMeter } from '../../activities/step-meter.js';

describe('a meter of steps', () => {
  it('tells of steps about once a second, and of the rest at the end, each once', () => {
    let now = 10;
    const told: number[][] = [];
    const meter = createStepMeter(
      100,
      (steps, seconds) => void told.push([steps, seconds]),
      () => now,
    );
    meter.reached(150);
    now = 11;
    meter.reached(300);
    now = 11.5;
    meter.reached(310);
    // A report that was overtaken.
    meter.reached(305);
    meter.flush();
    meter.flush();
    assert.deepEqual(told, [
      [200, 1],
      [10, 0.5],
    ]);
  });
});
