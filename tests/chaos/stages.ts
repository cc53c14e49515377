import { join } from 'node:path';
import { Fleet } from '../helpers/fleet';
import { type RunningProcess, startProcess } from '../helpers/running-process';
import { databaseSettings } from '../helpers/test-database';
import { SAMPLE_APP } from '../helpers/webhooks';
import { readState, readStored, type StoredState } from './stored-state';

export interface StageOptions {
  /** The folder of the built service. */
  readonly dist: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a scenario is played on. */
export interface Stage {
  /** Where its doors are; elsewhere after another start. */
  readonly url: string;
  /** What is stored when all has come to rest. What must be stopped for that is stopped as an operator would. */
  storedState(): Promise<StoredState>;
  /** Ends it without asking. Safe to call again. */
  close(): Promise<void>;
}

const settings = {
  LOG_LEVEL: 'fatal',
  HMS_APP_ID: SAMPLE_APP,
  LIMIT_QUEUE: '16',
  // The whole log is compared in the end, also after 50,000 changes.
  RETENTION_ENTRIES: '1000000',
  // Large updates come from selecting the same again and again.
  LIMIT_ALIASES: '1000',
};

/** One process on the database of `directory`: the embedded one, or one of its own on the chosen server. */
export class OneProcess implements Stage {
  url = '';
  private service: RunningProcess | undefined;

  constructor(
    private readonly options: StageOptions,
    private readonly directory: string,
  ) {}

  async start(): Promise<void> {
    const { dist, settings: more } = this.options;
    const place = { PORT: '0', DATA_DIR: this.directory, ...databaseSettings(this.directory) };
    const env = { ...place, ...settings, ...more };
    this.service = startProcess([process.execPath, join(dist, 'main.js')], this.directory, env);
    this.url = await this.service.url();
  }

  /** Resolves when it has ended; from this moment on it does nothing any more. */
  async kill(): Promise<void> {
    this.service?.signal('SIGKILL');
    await this.service?.ended;
  }

  async storedState(): Promise<StoredState> {
    this.service?.signal('SIGTERM');
    await this.service?.ended;
    return readStored(this.directory);
  }

  close(): Promise<void> {
    return this.kill();
  }
}

/** Several of them, as they are run in earnest. */
export class SeveralInstances implements Stage {
  private constructor(readonly fleet: Fleet) {}

  static async open(instances: number, { dist, settings: more }: StageOptions): Promise<SeveralInstances> {
    return new SeveralInstances(await Fleet.open({ instances, dist, settings: { ...settings, ...more } }));
  }

  get url(): string {
    return this.fleet.url;
  }

  async storedState(): Promise<StoredState> {
    const endings = await Promise.all(this.fleet.instances.map((instance) => instance.end('SIGTERM')));
    if (endings.some((ending) => ending !== 0))
      throw new Error(`Asked to stop, instances ended with ${endings}.`);
    return readState(this.fleet.db);
  }

  async close(): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}
