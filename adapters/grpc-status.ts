import { isGrpcServiceError } from '@temporalio/client';

/** The type is gRPC's, which is a package of the SDK's own. */
type GrpcError = typeof isGrpcServiceError extends (error: unknown) => error is infer Known ? Known : never;

/** gRPC's status codes, as far as Temporal's answers are told apart by them. */
export const grpcStatus = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unauthenticated: 16,
} as const;

/** Whether a call was answered with one of these. */
export function hasStatus(error: unknown, ...codes: readonly number[]): error is GrpcError {
  return isGrpcServiceError(error) && codes.includes(error.code);
}
