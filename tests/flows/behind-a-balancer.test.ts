import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { endProcesses } from '../helpers/running-process';
import { type TestSettings, tellStoriesAt } from '../helpers/service';

const describeWhereItIs = noFleet ? describe.skip : describe;

/** By their settings: stories that ask for the same share the instances, one after the other. */
const fleets = new Map<string, Promise<Fleet>>();

async function openFleet(settings: TestSettings) {
  const key = JSON.stringify(settings);
  const opening = fleets.get(key) ?? Fleet.open({ instances: 3, settings });
  fleets.set(key, opening);
  const fleet = await opening;
  // Each story begins on an empty list of rooms.
  await fleet.db.collection('rooms').deleteMany({});
  const close = async () => undefined;
  return { url: fleet.url, close, [Symbol.asyncDispose]: close };
}

tellStoriesAt(openFleet);

afterAll(async () => {
  for (const opening of fleets.values()) await (await opening)[Symbol.asyncDispose]();
  await endProcesses();
}, 60_000);

describeWhereItIs(`behind nginx, on three instances, it is the same${whyNoFleet}:`, () => {
  // What a file prepares before all of its stories is prepared before its own here, too.
  describe('a room from opening to end', () => {
    require('./a-room-from-opening-to-end.test');
  });
  describe('lists', () => {
    require('./lists.test');
  });
  describe('mistakes', () => {
    require('./mistakes.test');
  });
  describe('webhooks', () => {
    require('./webhooks.test');
  });
});
