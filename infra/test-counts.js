/**
 * Tests of one or more suites; `unexplained` are those of the skipped that skipped for no missing tool or material.
 * @typedef {{ passed: number, failed: number, skipped: number, unexplained: number }} Counts
 */

/** @param {readonly Counts[]} all @returns {Counts} */
export function addCounts(all) {
  const sum = (/** @type {keyof Counts} */ name) => all.reduce((total, counts) => total + counts[name], 0);
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    unexplained: sum('unexplained'),
  };
}

/** @param {Counts} counts */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Whether a run of tests is good: something ran, nothing failed, and where `strict` nothing was skipped without need.
 * @param {Counts} counts
 * @param {boolean} strict
 */
export function isGreen({ passed, failed, unexplained }, strict) {
  return passed > 0 && failed === 0 && (!strict || unexplained === 0);
}
