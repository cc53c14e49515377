import { join } from 'node:path';
import { play, type Scenario } from './arena';

/** `npm run chaos` plays the long form of each scenario; without it they are short enough for every run of the tests. */
const isLong = process.env['CHAOS'] === 'long';
const size = <T>(short: T, long: T): T => (isLong ? long : short);
/** CHAOS_SEED repeats a run, as far as the moments of a network can be repeated. */
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);

const calm: Scenario = {
  dist: join(__dirname, '..', '..', 'dist'),
  rooms: 3,
  events: 300,
  subscribers: 12,
  people: 8,
  sessions: 2,
  disturbances: 0,
  kills: 0,
  passersBy: 0,
  seed,
};

async function everyPromiseHolds(scenario: Scenario): Promise<void> {
  const { complaints, acknowledged, told } = await play(scenario);
  if (complaints.length > 0) throw new Error(`seed ${seed}:\n${complaints.slice(0, 20).join('\n')}`);
  expect(acknowledged).toBeGreaterThanOrEqual(scenario.events);
  expect(told).toBeGreaterThan(scenario.subscribers);
}

describe('everybody is told everything, in one order, each once', () => {
  it(
    'while the network cuts, stalls, delays and slices, to Apollo Client, urql and graphql-ws',
    async () => {
      await everyPromiseHolds({
        ...calm,
        events: size(500, 50_000),
        subscribers: size(18, 100),
        disturbances: size(12, 400),
      });
    },
    size(120_000, 3_600_000),
  );

  it(
    'to subscribers who come while changes are applied',
    async () => {
      await everyPromiseHolds({
        ...calm,
        events: size(300, 10_000),
        subscribers: 6,
        passersBy: size(120, 10_000),
      });
    },
    size(120_000, 3_600_000),
  );

  it(
    'when the service is killed at any moment and started again',
    async () => {
      await everyPromiseHolds({
        ...calm,
        events: size(200, 8_000),
        subscribers: 6,
        kills: size(10, 200),
        disturbances: 2,
      });
    },
    size(300_000, 3_600_000),
  );

  it(
    'to readers who stop reading for a while, from the log',
    async () => {
      await everyPromiseHolds({ ...calm, rooms: 1, events: size(250, 2_000), subscribers: 6, stalls: true });
    },
    size(120_000, 3_600_000),
  );

  it(
    'or shown a SNAPSHOT, where it was away for longer than is told',
    async () => {
      await everyPromiseHolds({
        ...calm,
        events: size(300, 5_000),
        disturbances: size(8, 100),
        settings: { LIMIT_REPLAY: '5' },
      });
    },
    size(120_000, 3_600_000),
  );
});
