import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { openSandbox, type Sandbox } from '../../src/video/sandbox';
import { freePort } from './free-port';
import { nginx, startNginx } from './nginx';
import { hasRedis, openRedis, type RunningRedis } from './redis';
import { type Ending, RunningProcess, startProcess } from './running-process';
import { mongoServer, openSharedDatabase } from './test-database';

/** Why this machine cannot run several instances as they are run in earnest. Undefined: it can. */
export const noFleet =
  [...(nginx ? [] : ['nginx-light']), ...(hasRedis ? [] : ['redis-server'])].join(' ') || undefined;

/** For the end of a title. */
export const whyNoFleet = noFleet ? ` (skipped: apt-get install ${noFleet})` : '';

export interface FleetOptions {
  readonly instances: number;
  /** The folder of the built service. */
  readonly dist?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** One process of the built service: always on the same port, so that whoever is in front of it finds it again. */
class Instance {
  private running: RunningProcess | undefined;

  constructor(
    readonly port: number,
    private readonly command: readonly [string, ...string[]],
    private readonly directory: string,
    private readonly env: Record<string, string>,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    this.running = startProcess(this.command, this.directory, { ...this.env, PORT: `${this.port}` });
    await this.running.url();
  }

  /** Ends it, whatever it is doing. */
  async cut(): Promise<void> {
    this.running?.signal('SIGKILL');
    await this.running?.ended;
  }

  /** Resolves when it has ended. Rejects where it had ended by itself, with what it said. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ending> {
    const { running } = this;
    if (!running) return null;
    if (!running.isUp) throw new Error(`An instance ended by itself:\n${running.output}`);
    running.signal(signal);
    return running.ended;
  }
}

/**
 * Several instances as they are run in earnest: processes of the built service behind nginx, with one database, one Redis and
 * one 100ms, each in a process of its own. The database is the embedded one on a port, or that of `TEST_MONGO_URI`; 100ms is
 * the sandbox.
 */
export class Fleet implements AsyncDisposable {
  private constructor(
    /** Of the balancer: where clients go. */
    readonly url: string,
    readonly instances: readonly Instance[],
    readonly redis: RunningRedis,
    readonly sandbox: Sandbox,
    /** The database itself, beside all instances. */
    readonly db: mongoose.mongo.Db,
    private readonly takeDown: () => Promise<void>,
  ) {}

  static async open({ instances: count, dist = builtHere, settings = {} }: FleetOptions): Promise<Fleet> {
    const standing: (() => Promise<unknown>)[] = [];
    const takeDown = async () => {
      for (let part = standing.pop(); part; part = standing.pop()) await part();
    };
    try {
      const directory = await mkdtemp(join(tmpdir(), 'rollcall-fleet-'));
      standing.push(() => rm(directory, { recursive: true, force: true }));
      const { uri: mongoUri } = await openDatabase(directory, standing);
      const client = await new mongoose.mongo.MongoClient(mongoUri).connect();
      standing.push(() => client.close());
      const redis = await openRedis();
      standing.push(async () => redis[Symbol.asyncDispose]());
      const sandbox = await openSandbox({ directory: join(directory, 'sandbox') });
      standing.push(() => sandbox.close());
      const env = {
        MONGO_URI: mongoUri,
        REDIS_URL: redis.url,
        API_KEY: sandbox.keys.accessKey,
        APP_SECRET: sandbox.keys.secret,
        HMS_API_URL: sandbox.apiUrl,
        HMS_AUTH_URL: sandbox.authUrl,
        // Webhooks of these tests tell of sessions that the sandbox never had, which a comparison would end.
        RECONCILE_SECONDS: '0',
        LOG_LEVEL: 'fatal',
        ...settings,
      };
      const command = [process.execPath, join(dist, 'main.js')] as const;
      const instances: Instance[] = [];
      for (let n = 0; n < count; n += 1)
        instances.push(new Instance(await freePort(), command, directory, env));
      standing.push(() => Promise.all(instances.map((each) => each.cut())));
      await Promise.all(instances.map((each) => each.start()));
      const balancer = await startNginx(instances.map(({ url }) => url));
      standing.push(async () => balancer[Symbol.asyncDispose]());
      sandbox.control.setWebhook({ url: `${balancer.url}/webhooks/100ms`, headers: {} });
      return new Fleet(balancer.url, instances, redis, sandbox, client.db(), takeDown);
    } catch (error) {
      await takeDown();
      throw error;
    }
  }

  /** Ends everything without asking. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.takeDown();
  }
}

const builtHere = join(__dirname, '..', '..', 'dist');

/** A database of its own, and its address: the embedded one runs in a process of its own, too. */
async function openDatabase(
  directory: string,
  standing: (() => Promise<unknown>)[],
): Promise<{ uri: string }> {
  if (mongoServer) {
    const database = await openSharedDatabase();
    standing.push(async () => database[Symbol.asyncDispose]());
    return database;
  }
  const program = join(__dirname, 'embedded-process.cjs');
  const database = startProcess([process.execPath, program, join(directory, 'database'), '0'], directory);
  standing.push(async () => {
    database.signal('SIGKILL');
    await database.ended;
  });
  const [, address = ''] = await database.says(/^open (mongodb:\/\/[^/\s]+)/m);
  return { uri: `${address}/rollcall?directConnection=true` };
}
