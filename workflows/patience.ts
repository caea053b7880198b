import { condition, isCancellation } from '@temporalio/workflow';

/** How long a training may wait for a worker before its run's page says so: one that is free takes it up within a second. */
const patience = '15s';

/**
 * Watches over a wait that the workflow cannot see: an activity that nobody has taken up looks like one at work.
 * @param isOver whether there was a sign of life
 * @param overdue called once, if there was none in time
 */
export async function watchWait(isOver: () => boolean, overdue: () => void): Promise<void> {
  try {
    if (!(await condition(isOver, patience, { summary: 'has a worker taken up the training?' }))) overdue();
  } catch (error) {
    // The run was cancelled, and with it the wait.
    if (!isCancellation(error)) throw error;
  }
}
