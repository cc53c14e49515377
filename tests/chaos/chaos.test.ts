import { join } from 'node:path';
import { shown, trials } from '../helpers/trials';
import { play, type Scenario } from './arena';

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

async function everyPromiseHolds(property: string, scenario: Scenario): Promise<void> {
  const { complaints, acknowledged, told } = await play(scenario);
  if (complaints.length > 0) throw new Error(`seed ${seed}:\n${complaints.slice(0, 20).join('\n')}`);
  expect(acknowledged).toBeGreaterThanOrEqual(scenario.events);
  expect(told).toBeGreaterThan(scenario.subscribers);
  const { subscribers, passersBy, kills } = scenario;
  shown(
    property,
    `${acknowledged} changes, ${subscribers + passersBy} subscribers told ${told} updates, ${kills} kills; seed ${seed}`,
  );
}

describe('everybody is told everything, in one order, each once', () => {
  it(
    'while the network cuts, stalls, delays and slices, to Apollo Client, urql and graphql-ws',
    async () => {
      await everyPromiseHolds('A network that cuts, stalls, delays and slices costs no update', {
        ...calm,
        events: trials(500, 50_000),
        subscribers: trials(18, 100),
        disturbances: trials(12, 400),
      });
    },
    trials(120_000, 3_600_000),
  );

  it(
    'to subscribers who come while changes are applied',
    async () => {
      await everyPromiseHolds('Who subscribes while changes are applied misses none', {
        ...calm,
        events: trials(300, 10_000),
        subscribers: 6,
        passersBy: trials(120, 10_000),
      });
    },
    trials(120_000, 3_600_000),
  );

  it(
    'when the service is killed at any moment and started again',
    async () => {
      await everyPromiseHolds('A kill at any moment costs no update', {
        ...calm,
        events: trials(200, 8_000),
        subscribers: 6,
        kills: trials(10, 200),
        disturbances: 2,
      });
    },
    trials(300_000, 3_600_000),
  );

  it(
    'to readers who stop reading for a while, from the log',
    async () => {
      await everyPromiseHolds('Who stops reading goes on from the log', {
        ...calm,
        rooms: 1,
        events: trials(250, 2_000),
        subscribers: 6,
        stalls: true,
      });
    },
    trials(120_000, 3_600_000),
  );

  it(
    'or shown a SNAPSHOT, where it was away for longer than is told',
    async () => {
      await everyPromiseHolds('Who was away for too long is shown a SNAPSHOT', {
        ...calm,
        events: trials(300, 5_000),
        disturbances: trials(8, 100),
        settings: { LIMIT_REPLAY: '5' },
      });
    },
    trials(120_000, 3_600_000),
  );
});
