import type { Connection } from 'mongoose';

/** How often the time is read from the database. Hardware clocks drift apart by less than 1 ms within this time. */
const MEASURE_EVERY_MS = 10_000;

/**
 * The database's time without a query for each reading. Several processes date entries and compare the dates of each other, so
 * they need one clock, however much the wall clocks of their machines differ.
 */
export class DatabaseClock {
  private timer: NodeJS.Timeout | undefined;
  /** The database's time at the beginning of `performance.now()`, in milliseconds. */
  private origin: number | undefined;

  private constructor(private readonly connection: Pick<Connection, 'db'>) {}

  /** Reads the database's time, and from then on every 10 s. @throws where the database does not answer */
  static async open(connection: Pick<Connection, 'db'>): Promise<DatabaseClock> {
    const clock = new DatabaseClock(connection);
    await clock.measure();
    clock.measureLater();
    return clock;
  }

  readonly now = (): Date => new Date((this.origin ?? 0) + performance.now());

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /**
   * The database read its clock between our question and its answer, which bounds `origin`. It is the middle at first, and moves
   * only where it is out of bounds later: a slow answer says little, and changes nothing.
   */
  private async measure(): Promise<void> {
    const asked = performance.now();
    const found = await this.connection.db?.aggregate([{ $documents: [{ now: '$$NOW' }] }]).next();
    const answered = performance.now();
    const time: unknown = found?.['now'];
    if (!(time instanceof Date))
      throw new Error(`The database answered $$NOW with "${time}", not with a date.`);
    const [earliest, latest] = [time.getTime() - answered, time.getTime() - asked];
    this.origin = Math.min(latest, Math.max(earliest, this.origin ?? (earliest + latest) / 2));
  }

  private measureLater(): void {
    const measure = async () => {
      // Without an answer the last measurement holds; `/readyz` reports the outage itself.
      await this.measure().catch(() => undefined);
      if (this.timer) this.measureLater();
    };
    this.timer = setTimeout(measure, MEASURE_EVERY_MS).unref();
  }
}
