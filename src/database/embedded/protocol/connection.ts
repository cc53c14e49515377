import type { Socket } from 'node:net';
import type { Client, Reply, Server } from '../commands/command';
import { refused, runCommand } from '../commands/run';
import type { GroupCommit } from '../group-commit';
import { ServerError } from '../server-error';
import { asServerError } from '../storage/failures';
import { Frames } from './frames';
import { ProtocolError, type Request, readRequest, UnreadableBody, writeReply } from './message';

/**
 * Serves one client until it goes. Commands run in the order in which they come, and are answered in that order.
 * Whatever a client sends, the worst it gets is the end of its own connection.
 */
export function serve(socket: Socket, client: Client, server: Server, commit: GroupCommit): void {
  const stream = new Frames();

  const answer = (request: Pick<Request, 'id' | 'form' | 'wantsReply'>, reply: Reply): void => {
    if (!request.wantsReply || socket.destroyed) return;
    socket.write(writeReply(request, reply));
  };

  const run = (request: Request): void => {
    let reply: Reply;
    try {
      reply = runCommand(request, server, client);
    } catch (error) {
      if (error instanceof ServerError) reply = refused(error);
      else {
        // Half of a write may have been done, so nothing of this group can be kept.
        commit.abandon(error);
        answer(request, refused(asServerError(error)));
        return;
      }
    }
    commit.whenDurable((error) =>
      answer(request, error === undefined ? reply : refused(asServerError(error))),
    );
  };

  /** What has arrived and waits for its turn. */
  const frames: Buffer[] = [];
  const work = (): void => {
    try {
      // A client that does not read its replies is not heard either, so that they cannot fill the memory.
      while (!socket.writableNeedDrain) {
        const frame = frames.shift();
        if (!frame) break;
        const request = readOrAnswer(frame, answer);
        if (request) run(request);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.destroy();
    }
    if (socket.writableNeedDrain) socket.pause();
  };

  socket.on('data', (piece) => {
    try {
      for (const frame of stream.take(piece as Buffer)) frames.push(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // What came before it is still good.
      work();
      socket.destroy();
      return;
    }
    work();
  });
  socket.on('drain', () => {
    socket.resume();
    work();
  });
  // The client is gone; what it had begun is its own affair.
  socket.on('error', () => socket.destroy());
}

/** The request; undefined where it could only be answered with what is wrong with it. @throws ProtocolError */
function readOrAnswer(
  frame: Buffer,
  answer: (request: UnreadableBody['request'], reply: Reply) => void,
): Request | undefined {
  try {
    return readRequest(frame);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    answer(error.request, refused(new ServerError(22, `The command is not valid BSON: ${error.message}`)));
    return undefined;
  }
}
