import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One connection through the proxy. */
interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  isStalled: boolean;
}

/** One direction of a connection. */
interface Way {
  readonly from: Socket;
  readonly to: Socket;
  /** What is under way, the oldest first. */
  readonly late: (() => void)[];
}

/** How the network behaves just now. */
export interface Weather {
  /** Milliseconds that everything takes longer. */
  readonly delay: number;
  /** Bytes that go through at a time; 0 lets everything through as it comes. */
  readonly slice: number;
}

export const fairWeather: Weather = { delay: 0, slice: 0 };

/** A network between clients and server that cuts, stalls, delays and slices what goes through. */
export class TcpProxy {
  weather: Weather = fairWeather;
  /** Refuses new connections, as a server does that is being replaced. */
  isRefusing = false;
  private readonly links = new Set<Link>();

  private constructor(
    private readonly server: Server,
    /** The port behind the proxy; new connections go where it points by then. */
    public target: number,
  ) {
    server.on('connection', (client) => this.link(client));
  }

  static async open(target: number): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resets the connections that `chosen` picks. */
  cut(chosen: () => boolean): void {
    for (const link of [...this.links]) {
      if (!chosen()) continue;
      link.client.resetAndDestroy();
      link.upstream.resetAndDestroy();
    }
  }

  /** Passes nothing on to the clients that `chosen` picks: to the server they look like readers that stopped. */
  stall(chosen: () => boolean): void {
    for (const link of this.links) {
      if (!chosen()) continue;
      link.isStalled = true;
      link.upstream.pause();
    }
  }

  resume(): void {
    for (const link of this.links) {
      link.isStalled = false;
      link.upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.cut(() => true);
    this.server.close();
    await once(this.server, 'close');
  }

  private link(client: Socket): void {
    if (this.isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.target, '127.0.0.1');
    const link: Link = { client, upstream, isStalled: false };
    this.links.add(link);
    this.pass(client, upstream, link);
    this.pass(upstream, client, link);
  }

  private pass(from: Socket, to: Socket, link: Link): void {
    from.setNoDelay(true);
    const late: (() => void)[] = [];
    from.on('data', (bytes) => this.send(bytes, { from, to, late }, link));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.links.delete(link);
      to.end();
    });
  }

  private send(bytes: Buffer, { from, to, late }: Way, link: Link): void {
    const { delay, slice } = this.weather;
    const write = () => {
      if (to.destroyed) return;
      for (const piece of pieces(bytes, slice)) if (!to.write(piece)) waitFor(from, to, link);
    };
    if (delay === 0 && late.length === 0) {
      write();
      return;
    }
    // Each timer lets the oldest go, whoever set it: nothing overtakes what was sent in worse weather.
    late.push(write);
    setTimeout(() => late.shift()?.(), delay);
  }
}

function pieces(bytes: Buffer, slice: number): Buffer[] {
  if (slice === 0) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / slice) }, (_, n) =>
    bytes.subarray(n * slice, (n + 1) * slice),
  );
}

/** What the one end does not take, the other end is not asked for. */
function waitFor(from: Socket, to: Socket, link: Link): void {
  from.pause();
  to.once('drain', () => {
    if (!(link.isStalled && from === link.upstream)) from.resume();
  });
}
