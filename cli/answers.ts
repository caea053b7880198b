import { z } from 'zod';
import { namedSources, stages } from '../predictor/config.js';
import { failureChoices, outcomes, starters, unchangedChoices } from '../workflows/contract.js';

/**
 * What each command prints with `--json`, as schemas. They may grow by fields that need not be there; what is there stays
 * (docs/decisions/0007-versions.md). test/cli/answers.itest.ts holds every answer against its schema.
 */

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hex');
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  .describe('ISO 8601, UTC');
const unixMs = z.number().describe('milliseconds of Unix time');
const bytes = z.int().nonnegative();
const stage = z.enum(stages);
const facts = z.record(z.string(), z.union([z.number(), z.string()]));
const parameters = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const startedBy = z.enum(starters);
const reference = z.strictObject({ key: z.string(), sha256, bytes });

const start = {
  startedBy: startedBy.optional(),
  schedule: z.strictObject({ name: z.string(), time }).optional(),
};
const repairs = z
  .array(z.strictObject({ stage, failure: z.string(), at: unixMs, set: parameters }))
  .optional()
  .describe('What was mended while the run went on');
const stageStates = z.array(
  z.strictObject({
    stage,
    state: z.enum(['waiting', 'running', 'done', 'blocked', 'failed', 'cancelled', 'skipped']),
    result: z.enum(['hit', 'miss']).optional(),
    reason: z.string().optional().describe('Why it was a hit or a miss'),
    seconds: z.number().optional(),
    since: unixMs.optional(),
    attempt: z.int().optional(),
    toldEvery: z.int().optional(),
    from: z.string().optional().describe('The checkpoint that the last attempt went on from'),
  }),
);
const metrics = z.strictObject({ test: z.record(z.string(), z.unknown()) });
const published = z.array(z.strictObject({ name: z.string(), key: z.string(), sha256, bytes }));

const completed = z.strictObject({
  ...{ run: z.string(), status: z.literal('completed'), synthetic: z.boolean(), ...start, repairs },
  ...{ metrics, artifacts: published, data: facts, training: facts, stages: stageStates },
});
const unchanged = z.strictObject({
  ...{ run: z.string(), status: z.literal('unchanged'), sameAs: z.string(), synthetic: z.boolean() },
  ...{ ...start, repairs, stages: stageStates },
});
const begun = z.strictObject({ run: z.string(), status: z.literal('running') }).describe('With --detach');
const trained = z.union([completed, unchanged, begun]);

const blocked = z.strictObject({
  ...{ stage, class: z.string(), type: z.string(), message: z.string() },
  since: unixMs,
  until: unixMs.describe('When the run ends by itself; milliseconds of Unix time'),
});
const shownRun = z.strictObject({
  run: z.string(),
  status: z.enum([...outcomes, 'terminated', 'timed_out']),
  reason: z.string().optional(),
  sameAs: z.string().optional(),
  ...start,
  ...{ blocked: blocked.optional(), repairs, metrics: metrics.nullable(), artifacts: published },
  ...{ stages: stageStates, training: facts, links: z.record(z.string(), z.string()) },
});
const row = z.strictObject({
  ...{ run: z.string(), status: z.string(), startedBy: startedBy.nullable() },
  ...{ dataset: z.string().nullable(), recipe: z.string().nullable(), auc: z.number().nullable() },
  ...{ started: time, seconds: z.number().nullable() },
});

const source = z.strictObject({
  ...{ kind: z.string(), name: z.string().optional(), from: z.string().optional() },
  ...{ warning: z.string().optional(), sha256, synthetic: z.boolean() },
});
const versions = z.record(z.string(), z.string());
const lineage = z.strictObject({
  ...{ run: z.string(), publishedAt: time, versions, source },
  artifact: z.strictObject({ name: z.string(), key: z.string(), sha256, bytes, missing: z.boolean() }),
  steps: z.array(
    z.strictObject({
      ...{ stage, key: sha256, outputs: z.record(z.string(), reference), missing: z.array(z.string()) },
      ...{ inputs: z.record(z.string(), sha256).optional(), parameters: facts.optional() },
      ...{ stageVersion: z.int().optional(), facts: facts.optional(), run: z.string().optional() },
      ...{ createdAt: time.optional(), versions: versions.optional() },
    }),
  ),
});

const given = z.strictObject({
  kind: z.string(),
  ...{ name: z.string().optional(), ratings: reference.optional(), url: z.string().optional() },
  ...{ bucket: z.string().optional(), key: z.string().optional() },
});
const schedule = z.strictObject({
  ...{ schedule: z.string(), state: z.enum(['active', 'paused']), note: z.string(), when: z.string() },
  ...{ timezone: z.string(), jitter: z.string().nullable(), overlap: z.string(), catchUpWindow: z.string() },
  ...{ source: given, parameters, recipe: z.string(), refresh: z.string().nullable() },
  ...{ onUnchanged: z.enum(unchangedChoices), onFailure: z.enum(failureChoices), next: z.array(time) },
  missed: z.strictObject({ catchUpWindow: z.int(), overlap: z.int() }),
  ...{ runs: z.array(row), link: z.string().nullable() },
});

const stack = z.strictObject({
  folder: z.string().describe('Where its state and logs are'),
  parts: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['running', 'crashed', 'stopped', 'elsewhere']),
      ...{ pid: z.int().optional(), log: z.string().optional() },
    }),
  ),
  temporal: z
    .strictObject({ address: z.string(), namespace: z.string(), ui: z.string().optional() })
    .optional()
    .describe('Absent where another server is configured'),
  s3: z
    .strictObject({
      ...{ endpoint: z.string(), region: z.string(), bucket: z.string(), console: z.string() },
      credentialsFile: z.string(),
    })
    .optional()
    .describe('Absent where another server is configured'),
});

const pair = z.tuple([z.number(), z.number()]);

/** Schema of each command's answer, by the command's words. */
export const answers = {
  train: trained,
  'train --check': z.strictObject({
    check: z.literal(true),
    source: z.enum([...namedSources, 'url', 's3', 'file']).describe('Of a file the ratings have been read'),
  }),
  'train --dry-run': z.strictObject({
    dryRun: z.literal(true),
    stages: z.array(
      z.strictObject({
        ...{ stage, result: z.enum(['hit', 'miss', 'unknown', 'skipped']), reason: z.string() },
        goesOnFrom: z.string().optional().describe('The checkpoint that a training would go on from'),
        last: z
          .strictObject({ seconds: z.number(), run: z.string() })
          .optional()
          .describe('How long it took when it last ran, and in which published run'),
      }),
    ),
  }),
  doctor: z.strictObject({
    ok: z.boolean(),
    findings: z.array(
      z.strictObject({
        check: z.string(),
        state: z
          .enum(['ok', 'warning', 'failed', 'away'])
          .describe('away: Temporal or the store is not configured, cannot be reached, or refuses'),
        says: z.string(),
      }),
    ),
  }),
  'runs list': z.strictObject({ runs: z.array(row) }),
  'runs show': shownRun,
  'runs show --lineage': lineage,
  'runs watch': z.union([completed, unchanged]),
  'runs cancel': z.strictObject({ run: z.string(), status: z.string() }),
  'runs repair': trained,
  'runs delete': z.strictObject({
    ...{ run: z.string(), objects: z.int(), bytes },
    aliases: z.record(z.string(), z.string().nullable()),
  }),
  'artifacts list': z.strictObject({
    run: z.string(),
    artifacts: z.array(
      z.strictObject({ name: z.string(), contentType: z.string(), key: z.string(), sha256, bytes }),
    ),
  }),
  'artifacts url': z.strictObject({ url: z.string(), expires: time }),
  'artifacts get': z.strictObject({ files: z.array(z.string()) }),
  'artifacts verify': z.strictObject({
    ...{ run: z.string(), intact: z.boolean() },
    objects: z.array(
      z.strictObject({
        ...{ key: z.string(), what: z.string(), state: z.enum(['intact', 'missing', 'altered']) },
      }),
    ),
    mend: z.string().nullable().optional(),
  }),
  'artifacts gc': z.strictObject({
    removed: z.boolean(),
    ...{ openRuns: z.array(z.string()), keptRuns: z.array(z.string()) },
    ...{ releasedRuns: z.array(z.string()), postponedRuns: z.array(z.string()) },
    removals: z.array(z.strictObject({ kind: z.string(), key: z.string(), bytes })),
  }),
  dataset: z.strictObject({
    ...{ sequence_length: z.int(), binge_threshold_s: z.int(), test_size: z.number(), seed: z.int() },
    ...{ ratings: z.int(), users: z.int(), movies: z.int(), rating_min_max: pair, time_diff_min_max_s: pair },
    ...{
      windows: z.int(),
      binge: z.int(),
      stop: z.int(),
      train: z.int(),
      test: z.int(),
      test_binge: z.int(),
    },
    ...{ first_window: z.array(pair), last_window: z.array(pair) },
    ...{ first_train_rows: z.array(z.int()), first_test_rows: z.array(z.int()) },
    ...{ order_sha256: sha256, x_f32_sha256: sha256, y_u8_sha256: sha256 },
    ...{ train_i32_sha256: sha256, test_i32_sha256: sha256 },
  }),
  provision: z.strictObject({
    provided: z.array(
      z.strictObject({
        ...{ part: z.enum(['temporal', 's3']), what: z.string(), result: z.enum(['made', 'there']) },
      }),
    ),
  }),
  'schedule create': schedule,
  'schedule list': z.strictObject({
    schedules: z.array(
      z.strictObject({
        ...{ schedule: z.string(), state: z.enum(['active', 'paused']), when: z.string() },
        ...{ timezone: z.string(), next: time.nullable(), latest: row.nullable() },
        ...{ dataset: z.string().nullable(), recipe: z.string().nullable() },
      }),
    ),
  }),
  'schedule show': schedule,
  'schedule pause': schedule,
  'schedule resume': schedule,
  'schedule trigger': z.strictObject({ schedule: z.string(), run: z.string(), status: z.string() }),
  'schedule backfill': z.strictObject({ schedule: z.string(), times: z.array(time), overlap: z.string() }),
  'schedule delete': z.strictObject({ schedule: z.string(), state: z.literal('deleted') }),
  'deployment list': z.strictObject({
    deployment: z.string(),
    versions: z.array(
      z.strictObject({
        buildId: z.string(),
        status: z.enum(['current', 'ramping', 'draining', 'drained', 'inactive']),
        since: time.nullable(),
      }),
    ),
  }),
  'deployment use': z.strictObject({ deployment: z.string(), current: z.string() }),
  up: stack,
  down: stack,
  status: stack,
} as const satisfies Record<string, z.ZodType>;

export type AnsweringCommand = keyof typeof answers;

/** The JSON Schema (draft 2020-12) of what a command prints. Fields may be added: a reader passes over what it does not know. */
export function jsonSchemaOf(command: AnsweringCommand): object {
  const schema = z.toJSONSchema(answers[command], {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return { title: `streamsage ${command} --json`, ...schema };
}
