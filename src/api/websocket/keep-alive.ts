import type { WebSocket } from 'ws';

/**
 * Pings a socket, and cuts it off where the ping before was not answered: a peer that vanished without a close frame is lost.
 *
 * @returns stops it
 */
export function keepAlive(socket: WebSocket, pingSeconds: number): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingSeconds * 1_000);
  return () => clearInterval(timer);
}
