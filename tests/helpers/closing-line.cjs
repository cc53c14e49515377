const { writeSync } = require('node:fs');
const { relative, sep } = require('node:path');

/** For titles of tests that are about the embedded database alone: they cannot run on a server. */
const EMBEDDED_ONLY = '(embedded database only)';

/**
 * A jest reporter that ends the run with what a reader of its log needs: how many tests each folder ran and on which
 * database, which tests passed at their second attempt only, and one plain line, `N passed, N failed`.
 *
 * A file that could not even be loaded counts as a failure. With `REQUIRE_TOOLS=1` so does a test that was skipped for
 * want of a program: a green run must not hide what did not run.
 */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap((file) => file.testResults.map((test) => ({ ...test, file })));
    const wanting = process.env.REQUIRE_TOOLS === '1' ? tests.filter(isWanting) : [];
    this.isWanting = wanting.length > 0;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + wanting.length;
    const skipped = results.numPendingTests + results.numTodoTests - wanting.length;
    const second = tests.filter(({ invocations, status }) => status === 'passed' && invocations > 1);
    const lines = [
      ...byFolder(results.testResults),
      ...wanting.map(({ fullName }) => `did not run, and must here: ${fullName}`),
      ...second.map(({ fullName }) => `passed at the second attempt: ${fullName}`),
      `${second.length} second attempts`,
      '',
      `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ];
    // At the exit, because jest prints its own summary after every other reporter.
    process.once('exit', () => writeSync(1, `\n${lines.join('\n')}\n`));
  }

  /** Makes jest end with 1. */
  getLastError() {
    return this.isWanting ? new Error('Tests were skipped for want of a program.') : undefined;
  }
};

function isWanting({ status, fullName }) {
  return status === 'pending' && !fullName.includes(EMBEDDED_ONLY);
}

function byFolder(files) {
  const database = process.env.TEST_MONGO_URI ? 'MongoDB' : 'embedded';
  const folders = new Map();
  for (const { testFilePath, numPassingTests, numFailingTests, numPendingTests, perfStats } of files) {
    const [first = '', second = ''] = relative(process.cwd(), testFilePath).split(sep);
    const name = second.includes('.') ? first : `${first}/${second}`;
    const sum = folders.get(name) ?? { passed: 0, failed: 0, skipped: 0, seconds: 0 };
    sum.passed += numPassingTests;
    sum.failed += numFailingTests;
    sum.skipped += numPendingTests;
    sum.seconds += (perfStats?.runtime ?? 0) / 1_000;
    folders.set(name, sum);
  }
  const row = (...cells) =>
    cells.map((cell, n) => (n < 2 ? String(cell).padEnd(20) : String(cell).padStart(8))).join('');
  return [
    row('folder', 'database', 'passed', 'failed', 'skipped', 'seconds'),
    ...[...folders]
      .sort()
      .map(([name, { passed, failed, skipped, seconds }]) =>
        row(name, database, passed, failed, skipped, Math.round(seconds)),
      ),
  ];
}
