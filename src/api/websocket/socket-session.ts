import { AppError, badInput, type ErrorCode } from '../../errors';
import { parseInput } from '../../rooms/room.input';
import { type ClientEvent, clientFrames, envelope } from './frames';
import { RoomOnSocket } from './room-on-socket';
import type { FrameSocket, SessionParts } from './session-parts';

/**
 * The protocol of one raw WebSocket: which rooms it is in or watches, and whom it brought in. Knows no sockets. Frames are to be
 * handed over one after another.
 */
export class SocketSession {
  private readonly rooms = new Map<string, RoomOnSocket>();
  /** The room that the frame in hand is about. */
  private acting: RoomOnSocket | undefined;

  constructor(
    private readonly socket: FrameSocket,
    private readonly parts: SessionParts,
  ) {}

  /**
   * Does what a frame asks for; what is wrong with it is answered with an `error`, and changes nothing else. So is one too many. In
   * a span of its own, by the event and the code of the error.
   */
  async received(frame: string, charge: () => void = () => undefined): Promise<void> {
    const { traces, socketId } = this.parts;
    if (!traces) return void (await this.act(frame, charge));
    const facts = { 'rollcall.connection_id': socketId };
    await traces.within({ name: 'raw frame', kind: 'server', cause: undefined, facts }, async (tell) => {
      const { event, code } = await this.act(frame, charge);
      tell({ 'error.type': code }, event && `raw ${event}`);
    });
  }

  /** Answers with what was asked for, as far as that could be read, and what was wrong. */
  private async act(frame: string, charge: () => void): Promise<{ event?: ClientEvent; code?: ErrorCode }> {
    let asked: { event?: ClientEvent } = {};
    try {
      charge();
      const { event, data } = parseInput(envelope, parsed(frame));
      asked = { event };
      await this[event](data);
      return asked;
    } catch (error) {
      const body = this.parts.describe(error);
      await this.socket.send({ event: 'error', data: body });
      return { ...asked, code: body.code };
    }
  }

  /** The socket has closed: on purpose, or it was lost. */
  async closed(how: 'left' | 'lost'): Promise<void> {
    const rooms = [...this.rooms.values()];
    this.rooms.clear();
    await Promise.all(rooms.map((room) => room.closed(how)));
  }

  /** A client that need not log in logs in all the same. */
  private async auth(_data: unknown): Promise<void> {
    if (this.parts.caller.kind === 'user') {
      throw badInput([
        { field: 'event', rule: 'is for the first frame: open another socket for another login' },
      ]);
    }
    await this.socket.send({ event: 'authenticated', data: { userId: null } });
  }

  private async join(data: unknown): Promise<void> {
    const { roomId, after, ...device } = parseInput(clientFrames.join, data);
    await this.inRoom(roomId, (room) => room.join(device, after));
  }

  private async leave(data: unknown): Promise<void> {
    const { roomId, ...device } = parseInput(clientFrames.leave, data);
    await this.inRoom(roomId, (room) => room.leave(device));
  }

  private async watch(data: unknown): Promise<void> {
    const { roomId, after } = parseInput(clientFrames.watch, data);
    await this.inRoom(roomId, (room) => room.watch(after));
  }

  /** Acts in a room, which is remembered for as long as it is in use on this socket. */
  private async inRoom(roomId: string, act: (room: RoomOnSocket) => Promise<void>): Promise<void> {
    const room = this.rooms.get(roomId) ?? this.enter(roomId);
    this.acting = room;
    try {
      await act(room);
    } finally {
      this.acting = undefined;
      this.forgetUnused(roomId);
    }
  }

  private enter(roomId: string): RoomOnSocket {
    const { roomsAtMost } = this.parts;
    if (this.rooms.size >= roomsAtMost) {
      const message = `One socket carries at most ${roomsAtMost} rooms at a time; leave one, or open another socket.`;
      throw new AppError('RATE_LIMITED', message, { retryAfter: 1 });
    }
    const unused = () => this.forgetUnused(roomId);
    const room = new RoomOnSocket(roomId, this.socket, { ...this.parts, unused });
    this.rooms.set(roomId, room);
    return room;
  }

  private forgetUnused(roomId: string): void {
    const room = this.rooms.get(roomId);
    if (room && room !== this.acting && !room.isInUse) this.rooms.delete(roomId);
  }
}

function parsed(frame: string): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    throw badInput([{ field: 'frame', rule: 'must be JSON: { "event", "data" }' }]);
  }
}
