const { writeSync } = require('node:fs');

/**
 * A jest reporter that ends the run with one plain line, `N passed, N failed`, for people and for whatever reads logs.
 * A file that could not even be loaded counts as a failure.
 */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // At the exit, because jest prints its own summary after every other reporter.
    process.once('exit', () => writeSync(1, `\n${line}\n`));
  }
};
