/**
 * Prints who comes and goes in a room: node examples/watch.mjs http://127.0.0.1:3000 ROOM_ID
 *
 * It shows the one rule that a client needs. With `snapshot: true` the stream begins with who is there, and setting `after`
 * to the cursor of each update makes a reconnect continue where it was, without a gap.
 */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [server, roomId] = process.argv.slice(2);
if (roomId === undefined || !URL.canParse(server)) {
  console.error('usage: node examples/watch.mjs http://127.0.0.1:3000 ROOM_ID');
  process.exit(2);
}
const client = createClient({
  url: `${server.replace(/^http/, 'ws')}/graphql`,
  webSocketImpl: WebSocket,
  // A deploy refuses connections for a moment: that is no reason to give up.
  shouldRetry: () => true,
  retryAttempts: 100,
  on: { error: () => console.error(`waiting for ${server} …`) },
});

const query = `subscription ($roomId: ID!, $after: Cursor) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) { action userId participantCount cursor }
}`;
// graphql-ws sends this very object again when it reconnects.
const variables = { roomId };

for await (const { data, errors } of client.iterate({ query, variables })) {
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  const { action, userId, participantCount, cursor } = data.participantUpdates;
  variables.after = cursor;
  console.log(`${action} ${userId ? `${userId}, ` : ''}present: ${participantCount}`);
}
