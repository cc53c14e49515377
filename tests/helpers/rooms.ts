import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { connectDatabase } from '../../src/database/connect';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/database/embedded';
import { Line } from '../../src/database/line';
import { LineCommands } from '../../src/database/line-commands';
import type { EventBus } from '../../src/events/event-bus';
import { MemoryBus } from '../../src/events/memory-bus';
import { silentMeter } from '../../src/figures';
import { openRooms, type Rooms, type RoomsSettings } from '../../src/rooms';
import type { Caller } from '../../src/rooms/access/caller';
import type { FeedRequest } from '../../src/rooms/feed/room-feed';
import type { ParticipantUpdate } from '../../src/rooms/log/participant-update';
import type { RoomEvent } from '../../src/rooms/log/room-event.model';
import { HmsService } from '../../src/video/hms.service';
import { parseEnvelope } from '../../src/video/hms.webhook';
import { StoppedClock } from './clock';
import { Collected } from './collected';
import { mongoServer } from './test-database';

/** Somebody who may do everything. */
export const aService: Caller = { kind: 'service', id: 'a test' };

const settings: RoomsSettings = {
  guestRole: 'guest',
  severalProcesses: false,
  leaseSeconds: 90,
  graceSeconds: 5,
  devicesPerUser: 20,
  reconcileSeconds: 0,
  onlyKnownSessions: false,
  keepEntries: 10_000,
  keepHours: 24,
  queueAtMost: 256,
  replayAtMost: 10_000,
};

interface TestServer extends Partial<Pick<EmbeddedDatabase, 'countWrites' | 'socketPath'>> {
  readonly uri: string;
  close(): Promise<unknown>;
}

let server: Promise<TestServer> | undefined;

afterAll(async () => {
  await (await server)?.close();
});

/** A database of a test's own, on the server of `TEST_MONGO_URI` or on an embedded one for the whole test file. */
export async function openTestDatabase(): Promise<AsyncDisposable & { uri: string }> {
  server ??= openServer();
  const uri = `${(await server).uri}/t${randomBytes(8).toString('hex')}`;
  const drop = async () => {
    const connection = await connectDatabase(uri);
    await connection.dropDatabase();
    await connection.close();
  };
  return { uri, [Symbol.asyncDispose]: drop };
}

async function openServer(): Promise<TestServer> {
  if (mongoServer) return { uri: mongoServer, close: async () => undefined };
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  const database = await openEmbeddedDatabase({ directory });
  const close = async () => {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  };
  const { countWrites, socketPath } = database;
  return { uri: new URL('/', database.uri).href.replace(/\/$/, ''), close, countWrites, socketPath };
}

/** A 100ms that answers nothing: these tests ask it nothing. */
const nobody = new HmsService({
  apiUrl: 'http://127.0.0.1:9/v2',
  keys: { accessKey: 'none', secret: 'nobody is asked in these tests' },
});

interface TestRoomsOptions extends Partial<RoomsSettings> {
  readonly clock?: StoppedClock;
  readonly hms?: HmsService;
  /** How it hears of other processes. By default it does not. */
  readonly bus?: EventBus;
}

/** Rooms upon a real database, with a clock that the test moves, and no 100ms behind them. */
export class TestRooms implements AsyncDisposable {
  private isClosed = false;

  private constructor(
    readonly connection: Connection,
    readonly clock: StoppedClock,
    readonly rooms: Rooms,
    private readonly line: Line | undefined,
    /** What went wrong behind the scenes. */
    readonly reports: readonly string[],
  ) {}

  /** One process upon the database. Several may be open at once. */
  static async open(
    { uri }: { uri: string },
    { clock = new StoppedClock(), hms = nobody, bus: given, ...changed }: TestRoomsOptions = {},
  ): Promise<TestRooms> {
    const connection = await connectDatabase(uri);
    const reports: string[] = [];
    const report = (error: unknown, what: string, about: string) =>
      reports.push(`${what}, ${about}: ${String(error)}`);
    const bus = given ?? new MemoryBus((error) => report(error, 'bus', ''));
    const count = changed.severalProcesses ? undefined : (await server)?.countWrites;
    // What notes the commands of the driver must see all of them.
    const isAlone = !changed.severalProcesses && !uri.includes('monitorCommands');
    const socketPath = isAlone ? (await server)?.socketPath : undefined;
    const line = socketPath === undefined ? undefined : new Line(socketPath, silentMeter);
    const commands = line && new LineCommands(line);
    const countWrites = count && ((collection: string) => count(connection.name, collection));
    const rooms = await openRooms(
      { ...settings, ...changed },
      { connection, hms, bus, commands, countWrites, now: clock.now, report, note: () => undefined },
    );
    return new TestRooms(connection, clock, rooms, line, reports);
  }

  /** A room as `createRoom` leaves it, without having asked 100ms. */
  async addRoom(fields: Record<string, unknown> = {}): Promise<string> {
    const roomId = String(fields['roomId'] ?? randomBytes(12).toString('hex'));
    const room = { roomId, name: 'Morning standup', enabled: true, createdAt: this.clock.now() };
    const log = { participantCount: 0, epoch: randomBytes(8).toString('hex'), asOfSeq: 0 };
    await this.connection.collection('rooms').insertOne({ ...room, ...log, ...fields });
    return roomId;
  }

  /** Hands in a webhook as the door does. */
  async webhook(type: string, data: object, envelope: object = {}): Promise<'kept' | 'repeated'> {
    const timestamp = this.clock.now().toISOString();
    const parsed = parseEnvelope({ version: '2.0', id: randomUUID(), timestamp, type, data, ...envelope });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return this.rooms.inbox.receive(parsed.event);
  }

  /** Everything the room's log holds, oldest first. */
  async log(roomId: string): Promise<RoomEvent[]> {
    const found = this.connection.collection('room_events').find({ roomId }).sort({ seq: 1 });
    return (await found.toArray()) as unknown as RoomEvent[];
  }

  /** A stored document, when all that this process has answered for is in it. */
  async stored(collection: string, filter: object): Promise<Record<string, unknown>> {
    await this.folded();
    const found = await this.connection.collection(collection).findOne(filter);
    if (!found) throw new Error(`nothing in ${collection} fits ${JSON.stringify(filter)}`);
    return found;
  }

  /** The stored rooms and participants follow the log in a moment; whoever lists rooms waits for them. */
  async folded(): Promise<void> {
    await this.rooms.rooms.list({ limit: 1 }, aService);
  }

  /** Collects what a watcher is told. */
  async watch(
    request: Partial<FeedRequest> & { roomId: string },
    caller: Caller = aService,
  ): Promise<Watcher> {
    const watcher = new Watcher();
    const stream = await this.rooms.feed.follow(
      { snapshot: false, ...request },
      caller,
      watcher.stopping.signal,
    );
    watcher.collect(stream);
    return watcher;
  }

  /** Ends as `kill -9` does, as far as one process can: nothing more is written, and nothing is finished. */
  async vanish(): Promise<void> {
    await this.line?.close();
    await this.connection.close(true);
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.rooms.close();
    await this.line?.close();
    await this.connection.close();
  }
}

/** Someone who follows a room. */
export class Watcher extends Collected<ParticipantUpdate> {
  readonly stopping = new AbortController();

  collect(stream: AsyncIterable<ParticipantUpdate>): void {
    const take = async () => {
      for await (const update of stream) this.add(update);
    };
    take().then(this.end, this.fail);
  }

  /** What happened, as `user action`, of the first `count` updates. */
  async told(count: number): Promise<string[]> {
    const updates = await this.atLeast(count);
    return updates.map(({ action, userId }) => (userId ? `${userId} ${action}` : action));
  }

  stop(): void {
    this.stopping.abort();
  }
}
