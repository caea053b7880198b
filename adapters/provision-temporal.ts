import type { Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import { ProvisionRefusedError } from './errors.js';
import { grpcStatus, hasStatus } from './grpc-status.js';

/** Whether a thing was there already. */
export type Provisioned = 'made' | 'there';

/** How long a server's caches may take to learn of a new namespace: three times what they should. */
const namespaceMs = 30_000;

/**
 * Makes a namespace, if there is none of that name. All parts of the server know it within ten seconds.
 * @param retentionDays how long the server keeps runs that have ended
 * @throws ProvisionRefusedError
 */
export async function provisionNamespace(
  { workflowService }: Connection,
  namespace: string,
  retentionDays: number,
): Promise<Provisioned> {
  if (await succeeds(workflowService.describeNamespace({ namespace }), grpcStatus.notFound)) return 'there';
  const workflowExecutionRetentionPeriod = msToTs(retentionDays * 86_400_000);
  const made = await allowed(
    succeeds(
      workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }),
      grpcStatus.alreadyExists,
    ),
    `namespace \`${namespace}\``,
  );
  return made ? 'made' : 'there';
}

/**
 * Makes those search attributes that a namespace lacks.
 * @returns each one's name, and whether it was there
 * @throws ProvisionRefusedError
 */
export async function provisionSearchAttributes(
  { operatorService }: Connection,
  namespace: string,
  attributes: readonly { readonly name: string; readonly type: 'KEYWORD' | 'DOUBLE' }[],
): Promise<Readonly<Record<string, Provisioned>>> {
  const what = `search attributes ${attributes.map(({ name, type }) => `${name} (${type})`).join(', ')}`;
  const { customAttributes } = await allowed(
    onceKnown(() => operatorService.listSearchAttributes({ namespace })),
    what,
  );
  const missing = attributes.filter(({ name }) => !Object.hasOwn(customAttributes, name));
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)!]),
    );
    await allowed(
      succeeds(
        operatorService.addSearchAttributes({ namespace, searchAttributes }),
        grpcStatus.alreadyExists,
      ),
      what,
    );
  }
  return Object.fromEntries(
    attributes.map(({ name }) => [name, missing.some((one) => one.name === name) ? 'made' : 'there']),
  );
}

/** A new namespace is not found for a while. */
async function onceKnown<Result>(call: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + namespaceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!hasStatus(error, grpcStatus.notFound) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** False where the call was answered with `unless`. */
async function succeeds(call: Promise<unknown>, unless: number): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (hasStatus(error, unless)) return false;
    throw error;
  }
}

async function allowed<Result>(call: Promise<Result>, what: string): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    const { permissionDenied, unimplemented, unauthenticated } = grpcStatus;
    if (!hasStatus(error, permissionDenied, unimplemented, unauthenticated)) throw error;
    throw new ProvisionRefusedError(
      `Expected leave to make ${what}, got ${error.details || error.message}. Whoever may: make them by hand ` +
        '(Temporal Cloud: in its web UI, or with tcld)',
    );
  }
}
