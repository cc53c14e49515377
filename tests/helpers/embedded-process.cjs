/**
 * An embedded database in a process of its own, for tests that end it, or those who use it, without asking. Says its address once
 * it is open: its socket, or with a second argument, a port, that of 127.0.0.1.
 */
const { openEmbeddedDatabase } = require('../../dist/database/embedded');

const [directory, port] = process.argv.slice(2);
openEmbeddedDatabase({ directory, ...(port === undefined ? {} : { tcpPort: Number(port) }) }).then(
  ({ uri, tcpUri }) => process.stdout.write(`open ${tcpUri ?? uri}\n`),
  (error) => {
    process.stdout.write(`failed ${error.constructor.name}: ${error.message}\n`);
    process.exitCode = 1;
  },
);
// Stays until it is killed, or until whoever started it is gone.
process.stdin.resume().once('end', () => process.exit());
