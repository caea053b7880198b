import type { ActivityFunctionWithOptions } from '@temporalio/workflow';

/** Calls an activity with a line of what it is about, for the web UI's timeline and history. */
export function withSummary<Request, Result>(
  activity: ActivityFunctionWithOptions<(request: Request) => Promise<Result>>,
  summary: string,
  request: Request,
): Promise<Result> {
  return activity.executeWithOptions({ summary }, [request]);
}
