import type { Settings } from '../adapters/settings.js';
import { consoleLink } from '../adapters/store-console.js';

/** Where a person can look at a run. Each link is absent where nothing is known to serve it. */
export interface RunLinks {
  readonly workflow?: string;
  readonly artifacts?: string;
}

export function runLinks(settings: Settings, run: string): RunLinks {
  const { temporal, s3 } = settings;
  const artifacts = consoleLink(s3, `runs/${run}/`);
  return {
    ...(temporal.ui
      ? { workflow: `${temporal.ui}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(run)}` }
      : {}),
    ...(artifacts ? { artifacts } : {}),
  };
}

/** Where a person can look at a schedule, if anything serves it. */
export function scheduleLink({ temporal }: Settings, name: string): string | undefined {
  return (
    temporal.ui && `${temporal.ui}/namespaces/${temporal.namespace}/schedules/${encodeURIComponent(name)}`
  );
}
