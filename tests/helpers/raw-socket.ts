import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { ServerFrame } from '../../src/api/websocket/frames';
import { Collected } from './collected';

type FrameOf<Event extends ServerFrame['event']> = Extract<ServerFrame, { event: Event }>;

/** A client of the raw WebSocket, as anybody would write it: JSON frames, what came in gathered in order. */
export class RawSocket implements AsyncDisposable {
  readonly frames = new Collected<ServerFrame>();
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.frames.add(JSON.parse(String(data)) as ServerFrame));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  static async open(url: string, options: ClientOptions = {}): Promise<RawSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/`, options);
    const client = new RawSocket(socket);
    await once(socket, 'open');
    return client;
  }

  send(event: string, data: unknown): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  /** The `count`-th frame of one event. */
  async nth<Event extends ServerFrame['event']>(
    event: Event,
    count: number,
  ): Promise<FrameOf<Event>['data']> {
    const isOne = (frame: ServerFrame): frame is FrameOf<Event> => frame.event === event;
    await this.frames.first(() => this.frames.items.filter(isOne).length >= count);
    return this.frames.items.filter(isOne)[count - 1]?.data as FrameOf<Event>['data'];
  }

  /** The updates so far, once there are `count`: who did what. */
  async updates(count: number): Promise<[string, string][]> {
    await this.nth('update', count);
    return this.frames.items
      .filter((frame) => frame.event === 'update')
      .map(({ data }) => [data.userId, data.action]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
