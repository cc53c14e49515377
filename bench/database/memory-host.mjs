/** A process that opens the embedded database when told, and says how much memory it has. */
import { createRequire } from 'node:module';

const { openEmbeddedDatabase } = createRequire(import.meta.url)('../../dist/database/embedded/index.js');

let database;
process.on('message', async (question) => {
  if (question === 'memory') process.send(process.memoryUsage().rss / 1024 / 1024);
  if (question === 'open') {
    database = await openEmbeddedDatabase({ directory: process.argv[2] });
    process.send(database.uri);
  }
  if (question === 'close') {
    await database?.close();
    process.disconnect();
  }
});
