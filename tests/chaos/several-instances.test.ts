import { join } from 'node:path';
import { noFleet, whyNoFleet } from '../helpers/fleet';
import { endProcesses } from '../helpers/running-process';
import { shown, trials } from '../helpers/trials';
import { play, type Scenario } from './arena';

/** CHAOS_SEED repeats a run, as far as the moments of a network can be repeated. */
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);

const itWhereItIs = noFleet ? it.skip : it;

const fleet: Scenario = {
  dist: join(__dirname, '..', '..', 'dist'),
  instances: 3,
  rooms: 3,
  events: 200,
  subscribers: 9,
  people: 4,
  sessions: 1,
  // Three instances, nginx, Redis and a database on the same cores must have time to be started, too.
  pauses: 20,
  disturbances: 0,
  kills: 0,
  passersBy: 0,
  seed,
};

afterEach(endProcesses);

async function everyPromiseHolds(property: string, scenario: Scenario) {
  const outcome = await play(scenario);
  const { complaints, acknowledged, told, absences, failures } = outcome;
  if (complaints.length > 0) throw new Error(`seed ${seed}:\n${complaints.slice(0, 20).join('\n')}`);
  expect(acknowledged).toBeGreaterThanOrEqual(scenario.events);
  expect(told).toBeGreaterThan(scenario.subscribers);
  const median = absences[Math.floor(absences.length / 2)] ?? 0;
  const longest = absences.at(-1) ?? 0;
  shown(
    property,
    `${acknowledged} changes, 0 lost, 0 twice; ${failures.length} requests failed; ${absences.length} connections lost, back after ${Math.round(median)} ms (median), ${Math.round(longest)} ms (longest); seed ${seed}`,
  );
  return outcome;
}

itWhereItIs(
  `an instance that is killed at any moment costs no update and no change, while Redis is killed, stopped, flushed and fed garbage${whyNoFleet}`,
  async () => {
    const kills = trials(20, 200);
    const { absences } = await everyPromiseHolds(
      `${kills} kills of one of three instances, and Redis in trouble`,
      {
        ...fleet,
        kills,
        redisTroubles: trials(5, 200),
        events: trials(200, 20_000),
      },
    );
    expect(absences.length).toBeGreaterThan(0);
  },
  trials(360_000, 3_600_000),
);

itWhereItIs(
  `a rolling restart of all instances under load fails no request, and costs no update and no change${whyNoFleet}`,
  async () => {
    const rollovers = trials(2, 20);
    const { failures, absences } = await everyPromiseHolds(
      `${rollovers} rolling restarts of three instances`,
      {
        ...fleet,
        rollovers,
        events: trials(200, 20_000),
      },
    );
    expect(failures).toEqual([]);
    expect(absences.length).toBeGreaterThan(0);
  },
  trials(360_000, 3_600_000),
);
