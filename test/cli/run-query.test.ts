import assert from 'node:assert/strict';
import { runQuery } from '../../cli/run-query.js';

describe('the filter for runs', () => {
  it('is of training runs alone', () => {
    assert.equal(runQuery(), "WorkflowType = 'trainBingePredictor'");
  });

  it('says what is asked for, all of it', () => {
    assert.equal(
      runQuery({
        outcome: 'unchanged',
        dataset: 'synthetic',
        recipe: 'notebook, epochs=3',
        startedBy: 'hand',
      }),
      "WorkflowType = 'trainBingePredictor' AND StreamSageOutcome = 'unchanged' AND StreamSageDataset = 'synthetic' " +
        "AND StreamSageRecipe = 'notebook, epochs=3' AND StreamSageStartedBy = 'hand'",
    );
    assert.match(runQuery({ schedule: 'nightly' }), / AND TemporalScheduledById = 'nightly'$/);
  });

  it('takes from the server what a run that was terminated cannot say', () => {
    assert.match(
      runQuery({ outcome: 'failed' }),
      /ExecutionStatus IN \('Failed', 'Terminated', 'TimedOut'\)$/,
    );
  });

  it('lets no value end the string it stands in', () => {
    assert.match(runQuery({ dataset: "x' OR '1' = '1" }), /Dataset = 'x\\' OR \\'1\\' = \\'1'$/);
    assert.match(runQuery({ dataset: "x\\' OR '1' = '1" }), /Dataset = 'x\\\\\\' OR \\'1\\' = \\'1'$/);
  });
});
