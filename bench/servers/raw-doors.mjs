/** What the two raw servers share: no GraphQL, just the frames of its socket protocol, and joins as plain JSON over HTTP. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { announce, change } from './world.mjs';

/** @param watch called with (roomId, socket, id) for each subscription; answers with what ends it */
export function openRawServer({ watch, tell }) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { action, input } = JSON.parse(body);
    const update = change(action, input);
    tell(input.roomId, update);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(update.participant));
  });
  const sockets = new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (message.type === 'subscribe') {
        const end = watch(message.payload.variables.roomId, { socket, tcp: request.socket }, message.id);
        socket.once('close', end);
      }
    });
  });
  announce(server);
}
