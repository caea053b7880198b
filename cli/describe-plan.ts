import { alignColumns } from './output.js';
import type { PlannedStage } from './plan-run.js';

const words: Readonly<Record<PlannedStage['result'], string>> = {
  hit: 'from the store',
  miss: 'runs',
  unknown: 'runs or not',
  skipped: 'is skipped',
};

/** What a run would do, for a person: a line a stage, and what it would save. */
export function describePlan(stages: readonly PlannedStage[]): string[] {
  const rows = stages.map(({ stage, result, reason, goesOnFrom, last }) => [
    stage,
    words[result],
    last ? formatSeconds(last.seconds) : '-',
    goesOnFrom ? `goes on from ${goesOnFrom}; ${reason}` : reason,
  ]);
  return [
    ...alignColumns([['STAGE', 'WOULD', 'LAST TOOK', 'WHY'], ...rows]),
    'Nothing was started, and nothing was written.',
  ];
}

function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}
