import { randomUUID } from 'node:crypto';
import type { ServerFrame } from '../../src/api/websocket/frames';
import type { SessionParts } from '../../src/api/websocket/session-parts';
import { SocketSession } from '../../src/api/websocket/socket-session';
import { toErrorBody } from '../../src/errors';
import { silentMeter } from '../../src/figures';
import { Collected } from './collected';
import { aService, type TestRooms } from './rooms';

/** The protocol of the raw WebSocket upon rooms, without a wire: what is sent is acted on in the same tick. */
export class RawSession extends Collected<ServerFrame> {
  private readonly session: SocketSession;

  constructor({ rooms }: TestRooms, parts: Partial<SessionParts> = {}) {
    super();
    const send = async (frame: ServerFrame) => this.add(frame);
    this.session = new SocketSession(
      { send },
      {
        feed: rooms.feed,
        presence: rooms.presence,
        caller: aService,
        socketId: randomUUID(),
        roomsAtMost: 100,
        meter: silentMeter,
        describe: (error) => toErrorBody(error, ''),
        ...parts,
      },
    );
  }

  /** Resolves when the frame was acted on. */
  send(event: string, data: object): Promise<void> {
    return this.session.received(JSON.stringify({ event, data }));
  }

  /** The updates so far, once there are `count`: who did what. */
  async updates(count: number): Promise<string[]> {
    const updates = () =>
      this.items.flatMap((frame) =>
        frame.event === 'update' ? [`${frame.data.userId} ${frame.data.action}`] : [],
      );
    await this.first(() => updates().length >= count);
    return updates();
  }

  closed(how: 'left' | 'lost'): Promise<void> {
    return this.session.closed(how);
  }
}
