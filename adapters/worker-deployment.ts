import { type Client, isGrpcServiceError } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';

/** Which code a worker runs, as Temporal's worker versioning names it. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** One version of the workers' code that a server knows. */
export interface KnownVersion {
  readonly buildId: string;
  /** `current`: new runs begin on it. `draining`: runs that began on it are open. `drained`: none is. */
  readonly status: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  /** Since when the server knows it: ISO 8601, UTC. */
  readonly since: string | null;
}

/** The server knows no such deployment, or no worker of such a version polls. */
export class UnknownVersionError extends Error {
  override readonly name = 'UnknownVersionError';
}

const notFound = 5;
const failedPrecondition = 9;

/**
 * The versions of the workers' code, the newest first.
 * @throws UnknownVersionError if no worker of this deployment has ever polled
 */
export async function listVersions(client: Client, deploymentName: string): Promise<KnownVersion[]> {
  const { namespace } = client.options;
  try {
    const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    });
    return (workerDeploymentInfo?.versionSummaries ?? []).map(
      ({ deploymentVersion, status, createTime }) => ({
        buildId: deploymentVersion?.buildId ?? '',
        status: statusOf(status),
        since: createTime ? new Date(tsToMs(createTime)).toISOString() : null,
      }),
    );
  } catch (error) {
    if (!isGrpcServiceError(error) || (error.code as number) !== notFound) throw error;
    throw new UnknownVersionError(
      `Expected workers of deployment \`${deploymentName}\`, got none that ever polled: start them with ` +
        'STREAMSAGE_BUILD_ID set',
    );
  }
}

/**
 * Lets new runs begin on this version. Runs that are open go on with the one they began on.
 * @throws UnknownVersionError if no worker of this version polls every queue that the one before polls
 */
export async function makeCurrent(client: Client, version: DeploymentVersion): Promise<void> {
  const { namespace, identity } = client.options;
  try {
    await client.workflowService.setWorkerDeploymentCurrentVersion({ namespace, identity, ...version });
  } catch (error) {
    if (!isGrpcServiceError(error) || ![notFound, failedPrecondition].includes(error.code)) throw error;
    throw new UnknownVersionError(
      `Expected workers with STREAMSAGE_BUILD_ID=${version.buildId} on every queue of deployment ` +
        `\`${version.deploymentName}\`, the server says: ${error.details}`,
    );
  }
}

function statusOf(status: number | null | undefined): KnownVersion['status'] {
  const { WorkerDeploymentVersionStatus: known } = proto.temporal.api.enums.v1;
  switch (status) {
    case known.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT:
      return 'current';
    case known.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING:
      return 'ramping';
    case known.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING:
      return 'draining';
    case known.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED:
      return 'drained';
    default:
      return 'inactive';
  }
}
