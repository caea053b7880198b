import { day } from '../artifacts/explain-stage.js';
import { type Lineage, type LineageStep, traceLineage } from '../artifacts/lineage.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { formatBytes, type Output, printJson } from './output.js';

/** Shows what a run's model was made from, back to the source. */
export async function showLineage(
  store: ObjectStore,
  run: string,
  options: { json?: boolean },
  output: Output,
): Promise<void> {
  const lineage = await traceLineage(store, run);
  if (options.json) printJson(output, lineage);
  else for (const line of lineageLines(lineage)) output.result(line);
}

/** A tree: each stage under what was made from it, and once only. */
export function lineageLines({ run, publishedAt, versions, source, artifact, steps }: Lineage): string[] {
  const { name, sha256, bytes, missing } = artifact;
  const lines = [
    `${name}  ${formatBytes(bytes)}  sha256 ${sha256}${missing ? '  MISSING' : ''}`,
    `  published by run ${run}, ${day(publishedAt)}, ${codeOf(versions)}`,
  ];
  const shown = new Set<LineageStep>();
  const show = (step: LineageStep, depth: number) => {
    const indent = '   '.repeat(depth);
    if (shown.has(step)) {
      lines.push(`${indent}└─ ${step.stage} (above)`);
      return;
    }
    shown.add(step);
    lines.push(`${indent}└─ ${step.stage}`, ...detailLines(step).map((line) => `${indent}     ${line}`));
    const later = steps.slice(steps.indexOf(step) + 1);
    for (const next of parentsOf(step, later)) show(next, depth + 1);
  };
  // The model is made from what was trained; stages that nothing above leads to are not passed over.
  const trained = steps.find(({ stage }) => stage === 'train');
  if (trained) show(trained, 0);
  for (const step of steps) if (!shown.has(step)) show(step, 0);
  const { kind, name: file, synthetic } = source;
  const what = synthetic ? 'made up by a seeded generator, not MovieLens' : (file ?? kind);
  return [...lines, `source: ${kind} (${what}), ratings sha256 ${source.sha256}`];
}

/** The stages whose outputs went in; where the record is gone that said so, the one before. */
function parentsOf({ inputs }: LineageStep, earlier: readonly LineageStep[]): LineageStep[] {
  if (!inputs) return earlier.slice(0, 1);
  const digests = Object.values(inputs);
  return earlier.filter(({ outputs }) =>
    Object.values(outputs).some(({ sha256 }) => digests.includes(sha256)),
  );
}

function detailLines(step: LineageStep): string[] {
  const { key, outputs, missing, parameters, stageVersion, facts, run, createdAt, versions } = step;
  const values = (of: Readonly<Record<string, unknown>>) =>
    Object.entries(of)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(' ');
  return [
    ...Object.entries(outputs).map(
      ([name, { sha256, bytes }]) => `${name}  ${formatBytes(bytes)}  sha256 ${sha256}`,
    ),
    ...(missing.length > 0 ? [`MISSING: ${missing.join(', ')}`] : []),
    ...(run === undefined || createdAt === undefined
      ? []
      : [
          `made by run ${run}, ${day(createdAt)}, ${versions ? codeOf(versions) : 'code unknown: that run is not published'}`,
        ]),
    ...(stageVersion === undefined ? [] : [`version ${stageVersion} of the stage, record ${key}`]),
    ...(parameters && Object.keys(parameters).length > 0 ? [`parameters: ${values(parameters)}`] : []),
    ...(facts && Object.keys(facts).length > 0 ? [`facts: ${values(facts)}`] : []),
  ];
}

function codeOf({ streamsage, commit, node }: Readonly<Record<string, string>>): string {
  const at = commit === undefined ? '' : ` (commit ${commit.slice(0, 12)})`;
  return `streamsage ${streamsage ?? '?'}${at}, Node ${node ?? '?'}`;
}
