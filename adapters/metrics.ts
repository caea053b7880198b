import type { MetricMeter } from '@temporalio/common';

/** Bounds of the histograms' buckets, seconds: a hit takes milliseconds, a training hours. */
export const histogramBuckets = {
  streamsage_stage_duration_seconds: [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200],
  streamsage_checkpoint_duration_seconds: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
};

/**
 * The pipeline's own metrics, as Prometheus names them (docs/operations.md). Labels have few values each: a run's name is
 * never one.
 */
export function createPipelineMetrics(meter: MetricMeter) {
  const seconds = (name: keyof typeof histogramBuckets, help: string) =>
    meter.createHistogram(name, 'float', undefined, help);
  // The exporter adds `_total` to a counter's name.
  const counter = (name: string, help: string) => meter.createCounter(`streamsage_${name}`, undefined, help);
  return {
    stageDuration: seconds('streamsage_stage_duration_seconds', 'How long attempts at stages took'),
    bytesRead: counter('store_read_bytes', 'Bytes read from the store'),
    bytesWritten: counter('store_written_bytes', 'Bytes written to the store'),
    failures: counter(
      'failures',
      'Attempts that failed, by class of the error and whether it is tried again',
    ),
    trainingSteps: counter('training_steps', 'Steps of training taken'),
    trainingRate: meter.createGauge(
      'streamsage_training_steps_per_second',
      'float',
      undefined,
      'Steps of training a second, over about the last second; 0 when none is under way',
    ),
    epochs: counter('training_epochs', 'Epochs of training that ended'),
    checkpoints: counter('checkpoints', 'Checkpoints written'),
    checkpointBytes: counter('checkpoint_bytes', 'Bytes of checkpoints written'),
    checkpointDuration: seconds(
      'streamsage_checkpoint_duration_seconds',
      'How long it took to write a checkpoint',
    ),
  };
}

export type PipelineMetrics = ReturnType<typeof createPipelineMetrics>;
