import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import type { ScheduledStart } from './contract.js';
import { wholeSeconds } from './plain-text.js';

/** What every server gives the runs that a schedule starts. */
const scheduledBy = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');
const scheduledFor = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** The schedule that this run was started through, if it was. */
export function scheduledStart(): ScheduledStart | undefined {
  const { typedSearchAttributes } = workflowInfo();
  const name = typedSearchAttributes.get(scheduledBy);
  const time = typedSearchAttributes.get(scheduledFor);
  return name === undefined || time === undefined ? undefined : { name, time: wholeSeconds(time) };
}
