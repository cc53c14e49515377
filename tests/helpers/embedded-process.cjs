/** An embedded database in a process of its own, for tests that end it without asking. Says its address once it is open. */
const { openEmbeddedDatabase } = require('../../dist/database/embedded');

openEmbeddedDatabase({ directory: process.argv[2] }).then(
  ({ uri }) => process.stdout.write(`open ${uri}\n`),
  (error) => {
    process.stdout.write(`failed ${error.constructor.name}: ${error.message}\n`);
    process.exitCode = 1;
  },
);
// Stays until it is killed, or until whoever started it is gone.
process.stdin.resume().once('end', () => process.exit());
