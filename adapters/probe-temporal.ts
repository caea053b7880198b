import { type Connection, NamespaceNotFoundError } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { grpcStatus, hasStatus } from './grpc-status.js';

/**
 * Version of a server that knows a namespace.
 * @throws NamespaceNotFoundError, or what gRPC says
 */
export async function serverVersion({ workflowService }: Connection, namespace: string): Promise<string> {
  try {
    await workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw hasStatus(error, grpcStatus.notFound) ? new NamespaceNotFoundError(namespace) : error;
  }
  return (await workflowService.getSystemInfo({})).serverVersion;
}

/** How a namespace knows the search attributes that are asked for. */
export interface AttributesState {
  readonly missing: readonly string[];
  /** Those that it knows with another type. */
  readonly otherType: readonly string[];
}

/** @returns undefined where the server does not let this user see them */
export async function searchAttributesState(
  { operatorService }: Connection,
  namespace: string,
  attributes: readonly { readonly name: string; readonly type: 'KEYWORD' | 'DOUBLE' }[],
): Promise<AttributesState | undefined> {
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const names = (wanted: (type: number | undefined, expected: number) => boolean) =>
      attributes
        .filter(({ name, type }) =>
          wanted(customAttributes[name], encodeSearchAttributeIndexedValueType(type)!),
        )
        .map(({ name }) => name);
    return {
      missing: names((type) => type === undefined),
      otherType: names((type, expected) => type !== undefined && type !== expected),
    };
  } catch (error) {
    if (hasStatus(error, grpcStatus.permissionDenied, grpcStatus.unimplemented)) return undefined;
    throw error;
  }
}
