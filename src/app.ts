import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { openDoors } from './api/doors';
import { bannerOf } from './banner';
import type { Config } from './config';
import { connectDatabase, isWriteRefused, measureDatabase } from './database/connect';
import { DatabaseClock } from './database/database-clock';
import { type EmbeddedDatabase, openEmbeddedDatabase } from './database/embedded';
import { Line } from './database/line';
import { LineCommands } from './database/line-commands';
import type { EventBus } from './events/event-bus';
import { MemoryBus } from './events/memory-bus';
import { RedisBus, type RedisBusParts } from './events/redis-bus';
import type { Meter } from './figures';
import { healthChecksOf } from './health-checks';
import { openLogger } from './observability/logger';
import { Metrics } from './observability/metrics';
import { reportDroppedLines } from './observability/standard-error';
import { openTraces } from './observability/traces';
import { openRooms } from './rooms';
import { HmsService } from './video/hms.service';
import type { HmsKeys } from './video/hms.tokens';
import { openSandbox, type Sandbox } from './video/sandbox';
import { SetupCheck } from './video/setup-check';

/** The whole service, up. */
export interface RunningService extends AsyncDisposable {
  /** Where the doors are, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What an operator should read at the start: addresses, the database, 100ms, access. */
  readonly banner: readonly string[];
  /** The 100ms of our own, where no credentials of the real one are set: its control lets people come and go. */
  readonly sandbox?: Sandbox | undefined;
  /** Tells balancers that it goes, and serves on until they have noticed. */
  leave(): Promise<void>;
  /** Drains, then takes everything down in the reverse order of building. Safe to call again. */
  close(): Promise<void>;
}

/** What touches the outside and tests may hold still. */
export interface OutsideParts {
  readonly now: () => Date;
}

/** The embedded one, or what is known of one elsewhere. */
type Database = Pick<EmbeddedDatabase, 'uri'> & Partial<EmbeddedDatabase>;

/** What is reported of these is about a room by its id. */
const aboutRooms: ReadonlySet<string> = new Set(['room log', 'room tail']);

type TakeDown = () => Promise<unknown>;

/** Builds every part, in order, by hand. A start that fails half way takes down what was up. */
export async function startService(
  config: Config,
  parts: Partial<OutsideParts> = {},
): Promise<RunningService> {
  const { now = () => new Date() } = parts;
  const standing: TakeDown[] = [];
  const close = async () => {
    for (let part = standing.pop(); part; part = standing.pop()) await part();
  };
  try {
    const logger = openLogger(config);
    const metrics = new Metrics();
    reportDroppedLines(logger, metrics);
    const report = (err: unknown, what: string, about: string) =>
      logger.warn(
        { err, what, ...(aboutRooms.has(what) ? { roomId: about } : { about }) },
        'background task failed, will retry',
      );

    const note = (message: string, facts: object) => logger.info(facts, message);

    const traces = config.traces
      ? await openTraces((error) => report(error, 'traces', 'the collector'))
      : undefined;
    if (traces) standing.push(() => traces.close());

    const database: Database = config.mongoUri
      ? { uri: config.mongoUri }
      : await openOwnDatabase(config, standing);
    const { countWrites } = database;
    const connection = await connectDatabase(database.uri);
    measureDatabase(connection, metrics);
    standing.push(() => connection.close());
    const line = database.socketPath === undefined ? undefined : new Line(database.socketPath, metrics);
    if (line) standing.push(() => line.close());

    const { sandbox, ...video } = await openVideo(config, standing, { now, report });
    const hms = new HmsService({ ...video, now, meter: metrics, traces });
    const setup = new SetupCheck({
      hms,
      templateId: config.hms.templateId,
      guestRole: config.guestRole,
      onChange: (subject, message) =>
        message === undefined
          ? logger.info({ subject }, '100ms setup is right')
          : logger.warn({ subject, message }, '100ms setup is wrong'),
    });
    standing.push(() => setup.close());
    const checked = setup.start();
    const bus = await openBus(config, metrics, {
      report: (error) => report(error, 'bus', 'listeners and Redis'),
      note: (message) => note(message, {}),
    });
    standing.push(() => bus.close());

    const roomsNow = await openRoomsClock(config, connection, parts, standing);
    const rooms = await openRooms(settingsOf(config), {
      connection,
      hms,
      bus,
      now: roomsNow,
      meter: metrics,
      commands: line && new LineCommands(line),
      countWrites: countWrites && ((collection) => countWrites(connection.name, collection)),
      traces,
      report,
      note,
    });
    standing.push(() => rooms.close());

    const healthChecks = healthChecksOf({
      ...{ connection, bus, hms, setup, rooms, now: roomsNow },
      areWebhooksSetByHand: sandbox === undefined,
    });
    const doors = await openDoors(config, { rooms, logger, metrics, healthChecks, now, traces });
    standing.push(() => doors.close());

    sandbox?.control.setWebhook(webhookTarget(config, doors.url));

    await checked;
    const { checks } = await doors.readiness();
    const banner = bannerOf(config, { url: doors.url, database, controlUrl: sandbox?.controlUrl, checks });
    const leave = () => doors.leave();
    return { url: doors.url, banner, sandbox, leave, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw explainDataDir(error, config);
  }
}

/** The data directory cannot be used. The message names the variable to change. */
class DataDirUnusable extends Error {
  override readonly name = 'DataDirUnusable';
}

const noSpace = new Set(['ENOSPC', 'EDQUOT']);

/** An error of the files that this process keeps, with the variable that says where, and an example; every other one as it is. */
function explainDataDir(error: unknown, { dataDir, mongoUri }: Config): unknown {
  if (!(error instanceof Error)) return error;
  const { code = '', path = '' } = error as NodeJS.ErrnoException;
  const isOurs =
    error.name === 'DirectoryUnusable' ||
    noSpace.has(code) ||
    path.startsWith(dataDir) ||
    (mongoUri === undefined && isWriteRefused(error));
  if (!isOurs) return error;
  const message = `DATA_DIR "${dataDir}" cannot be used: ${error.message.replace(/\.$/, '')}. It must be a directory that this process may write to, with free space.`;
  return new DataDirUnusable(`${message} Example: DATA_DIR=/var/lib/rollcall`, { cause: error });
}

/** The clock that dates what is stored: the database's where other processes may store and compare dates as well. */
async function openRoomsClock(
  { mongoUri }: Config,
  connection: Connection,
  { now }: Partial<OutsideParts>,
  standing: TakeDown[],
): Promise<() => Date> {
  if (now || mongoUri === undefined) return now ?? (() => new Date());
  const clock = await DatabaseClock.open(connection);
  standing.push(async () => clock.close());
  return clock.now;
}

async function openBus(
  { redisUrl }: Config,
  meter: Meter,
  told: Pick<RedisBusParts, 'report' | 'note'>,
): Promise<EventBus> {
  return redisUrl === undefined
    ? new MemoryBus(told.report)
    : RedisBus.open({ url: redisUrl, meter, ...told });
}

async function openOwnDatabase(config: Config, standing: TakeDown[]): Promise<EmbeddedDatabase> {
  const { dataDir, dataPort: tcpPort } = config;
  const directory = join(dataDir, 'database');
  const database = await openEmbeddedDatabase({ directory, ...(tcpPort === undefined ? {} : { tcpPort }) });
  standing.push(() => database.close());
  return database;
}

interface Video {
  readonly keys: HmsKeys;
  readonly apiUrl: string;
  readonly authUrl: string;
  readonly sandbox?: Sandbox;
}

/** The real 100ms where its credentials are set, and our own otherwise. */
async function openVideo(
  config: Config,
  standing: TakeDown[],
  { now, report }: { now: () => Date; report: (error: unknown, what: string, about: string) => void },
): Promise<Video> {
  const { keys, apiUrl, authUrl } = config.hms;
  if (keys) return { keys, apiUrl, authUrl };
  const directory = join(config.dataDir, 'sandbox');
  const sandbox = await openSandbox({
    directory,
    now,
    report: (error) => report(error, 'sandbox', directory),
  });
  standing.push(() => sandbox.close());
  return { keys: sandbox.keys, apiUrl: sandbox.apiUrl, authUrl: sandbox.authUrl, sandbox };
}

/** What an administrator does on the dashboard of the real one. */
function webhookTarget({ webhook }: Config, url: string) {
  const [secret] = webhook.secrets;
  return {
    url: `${url}/webhooks/100ms`,
    ...(secret === undefined ? {} : { headers: { [webhook.header]: secret } }),
  };
}

function settingsOf({ mongoUri, hms, presence, retention, limits, guestRole, reconcileSeconds }: Config) {
  return {
    guestRole,
    templateId: hms.templateId,
    appId: hms.appId,
    severalProcesses: mongoUri !== undefined,
    leaseSeconds: presence.leaseSeconds,
    graceSeconds: presence.graceSeconds,
    devicesPerUser: limits.devicesPerUser,
    reconcileSeconds,
    // What is posted by hand to a service on the sandbox speaks of sessions that the sandbox never ran.
    onlyKnownSessions: hms.keys === undefined,
    keepEntries: retention.entries,
    keepHours: retention.hours,
    queueAtMost: limits.queue,
    replayAtMost: limits.replay,
  };
}
