const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

/** Mocha's usual report, and the counts as a file, for infra/test.js to add up. */
module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      const explained = globalThis.streamsageExplainedSkips ?? 0;
      const counts = { passed: passes, failed: failures, skipped: pending, unexplained: pending - explained };
      writeFileSync(options.reporterOptions.output, JSON.stringify(counts));
    });
  }
};
