import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter, ValueError } from '@temporalio/common';
import type { OutsideNeeds } from '../artifacts/collection-plan.js';
import { dataQueue, workflowType } from '../workflows/contract.js';

/** Every workflow of StreamSage's that has not ended, whatever its type. */
const openQuery = `ExecutionStatus = 'Running' AND (TaskQueue = '${dataQueue}' OR WorkflowType = '${workflowType}')`;

const contentPattern = /^objects\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}$/;

/** What Temporal knows to be needed: runs that have not ended with their inputs, and the inputs of all schedules. */
export async function askTemporal(client: Client): Promise<OutsideNeeds> {
  const openRuns = new Set<string>();
  const texts: string[] = [];
  // Schedules first: a run that one starts meanwhile is then among the open ones.
  for (const input of await scheduleInputs(client)) collectTexts(input, texts);
  for await (const { workflowId, runId } of client.workflow.list({ query: openQuery })) {
    openRuns.add(workflowId);
    for (const input of await runInputs(client, workflowId, runId)) collectTexts(input, texts);
  }
  return {
    openRuns,
    content: new Set(texts.filter((text) => contentPattern.test(text))),
    runs: new Set(texts),
  };
}

async function scheduleInputs(client: Client): Promise<unknown[]> {
  const inputs: unknown[] = [];
  for await (const { scheduleId, action: summary } of client.schedule.list()) {
    try {
      const { action } = await client.schedule.getHandle(scheduleId).describe();
      inputs.push(action.args);
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) continue;
      // Other people's schedules may have inputs that only they can read.
      if (error instanceof ValueError && summary?.workflowType !== workflowType) continue;
      throw error;
    }
  }
  return inputs;
}

/** What a run was started with: the first event of its history says it. */
async function runInputs(client: Client, workflowId: string, runId: string): Promise<unknown[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));
}

/** All texts anywhere in a value. */
function collectTexts(value: unknown, into: string[]): void {
  if (typeof value === 'string') into.push(value);
  else if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) collectTexts(inner, into);
  }
}
