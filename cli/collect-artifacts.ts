import { collectGarbage, type CollectionRequest, previewCollection } from '../artifacts/collect.js';
import type { CollectionPlan, Removal, RemovalKind } from '../artifacts/collection-plan.js';
import { withConnections } from './connections.js';
import { interruptible } from './interrupt.js';
import { askTemporal } from './outside-needs.js';
import { alignColumns, counted, formatBytes, formatCount, type Output, printJson } from './output.js';

export interface CollectOptions {
  readonly yes?: boolean;
  readonly keepRuns?: number;
  /** Milliseconds. */
  readonly olderThan?: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly json?: boolean;
}

const interrupted =
  'What was removed is what nothing needs; the same again removes the rest. Runs that wait for the collection go on within ' +
  'half a minute.';

const kinds: Readonly<Record<RemovalKind, string>> = {
  run: 'of published runs',
  unpublished: 'of runs that were never published whole',
  record: 'records of stages',
  training: 'notes of finished trainings',
  checkpoint: 'checkpoints of runs that have ended',
  content: 'content that nothing needs',
};

/** Shows what nothing needs; with `yes` removes it. */
export async function collectArtifacts(options: CollectOptions, output: Output): Promise<void> {
  const { yes = false, keepRuns, olderThan, grace } = options;
  const request: CollectionRequest = {
    graceMs: grace,
    ...(keepRuns === undefined ? {} : { keepRuns }),
    ...(olderThan === undefined ? {} : { publishedBefore: new Date(Date.now() - olderThan) }),
  };
  const plan = await withConnections(({ client, store }) => {
    const outside = () => askTemporal(client);
    if (!yes) return previewCollection(store, outside, request);
    return interruptible(output, interrupted, () => collectGarbage(store, outside, request));
  });
  if (options.json) printJson(output, { removed: yes, ...plan });
  else for (const line of planLines(plan, yes)) output.result(line);
}

function planLines(plan: CollectionPlan, removed: boolean): string[] {
  const { openRuns, keptRuns, releasedRuns, postponedRuns, removals } = plan;
  const verb = removed ? 'Removed' : 'Would remove';
  const postponed =
    postponedRuns.length === 0
      ? ''
      : `, and no published run is let go of (${postponedRuns.length} would be)`;
  return [
    ...(openRuns.length > 0
      ? [`${counted(openRuns.length, 'run')} not ended: what any record names is kept${postponed}`]
      : []),
    `${counted(keptRuns.length, 'run')} kept`,
    ...releasedRuns.map((run) => `${verb} run ${run}`),
    ...(removals.length === 0 ? [`${removed ? 'Nothing was' : 'Nothing is'} there that could go`] : []),
    ...alignColumns(summary(removals).map(([kind, count, bytes]) => [`${verb} ${count}`, bytes, kind])),
    ...(removed || removals.length === 0 ? [] : ['To remove it: the same with --yes. Every key: --json']),
  ];
}

function summary(removals: readonly Removal[]): [string, string, string][] {
  return Object.entries(kinds).flatMap(([kind, what]) => {
    const some = removals.filter((removal) => removal.kind === kind);
    const bytes = some.reduce((sum, removal) => sum + removal.bytes, 0);
    return some.length === 0 ? [] : [[what, formatCount(some.length), formatBytes(bytes)]];
  });
}
