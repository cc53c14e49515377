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
 * Bad input from a client ends its own connection and affects no other.
 */
export function serve(socket: Socket, client: Client, server: Server, commit: GroupCommit): void {
  const stream = new Frames();

  const answer = (request: Pick<Request, 'id' | 'form' | 'wantsReply'>, reply: Reply): void => {
    if (!request.wantsReply || socket.destroyed) return;
    socket.write(writeReply(request, reply));
  };

  const settle = (request: Request, end: () => Reply): void => {
    let reply: Reply;
    try {
      reply = end();
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

  /** Whether a read of this connection has paused: what came after it waits, because replies come in order. */
  let isPaused = false;
  const run = (request: Request): void => {
    let answered: ReturnType<typeof runCommand>;
    try {
      answered = runCommand(request, server, client);
    } catch (error) {
      settle(request, () => {
        throw error;
      });
      return;
    }
    if (answered instanceof Map) {
      const reply = answered;
      settle(request, () => reply);
      return;
    }
    isPaused = true;
    let isLater = false;
    server.slices.run(answered, {
      isWanted: () => !socket.destroyed,
      settle: (end) => {
        isPaused = false;
        settle(request, end);
        if (isLater) work();
      },
    });
    isLater = isPaused;
  };

  /** What has arrived and waits for its turn. */
  const frames: Buffer[] = [];
  const work = (): void => {
    try {
      // A client that does not read its replies is not heard either, so that they cannot fill the memory.
      while (!socket.writableNeedDrain && !isPaused) {
        const frame = frames.shift();
        if (!frame) break;
        const request = readOrAnswer(frame, answer);
        if (request) run(request);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.destroy();
    }
    // While a read has paused, the end of a connection that sends nothing more must still be seen.
    if (socket.writableNeedDrain || (isPaused && frames.length > 0)) socket.pause();
    else if (socket.isPaused()) socket.resume();
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
  socket.on('drain', work);
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
