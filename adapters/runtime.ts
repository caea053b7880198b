import type { LogLevel, MetricMeter } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { NotConfiguredError } from './errors.js';
import { type Log, type StageOf, temporalLogger } from './logging.js';
import { histogramBuckets } from './metrics.js';
import type { LogSettings } from './worker-settings.js';

/**
 * Sets Temporal's runtime up, once in a process and before it connects: its logs go to `log`, and its metrics to the
 * address, if there is one, at `/metrics`.
 * @returns the meter whose metrics are served beside the SDK's; without an address it counts nothing
 * @throws NotConfiguredError if the address is taken
 */
export function installRuntime(
  log: Log,
  { level }: LogSettings,
  metricsAddress: string | undefined,
  stageOf: StageOf,
): MetricMeter {
  const telemetryOptions = {
    logging: {
      filter: { core: level.toUpperCase() as LogLevel, other: 'WARN' as const },
      forward: {},
    },
    ...(metricsAddress === undefined
      ? {}
      : {
          metrics: {
            prometheus: {
              bindAddress: metricsAddress,
              countersTotalSuffix: true,
              unitSuffix: true,
              useSecondsForDurations: true,
              histogramBucketOverrides: histogramBuckets,
            },
          },
        }),
  };
  try {
    return Runtime.install({ logger: temporalLogger(log, stageOf), telemetryOptions }).metricMeter;
  } catch (error) {
    throw new NotConfiguredError(
      `Expected to serve metrics at STREAMSAGE_METRICS_ADDRESS (${metricsAddress ?? 'none'}), got: ${(error as Error).message}`,
    );
  }
}
