import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { endProcesses } from '../helpers/running-process';
import { shown, trials } from '../helpers/trials';
import { postJson } from './crowd';
import { readState } from './stored-state';

const itWhereItIs = noFleet ? it.skip : it;
const changes = trials(300, 10_000);
/** Asked of each instance at the same time. */
const AT_ONCE = 4;

afterEach(endProcesses);

itWhereItIs(
  `three instances that append to one room all the time leave no gap, and each says how often it had to decide again${whyNoFleet}`,
  async () => {
    await using fleet = await Fleet.open({ instances: 3 });
    const ask = async (url: string, query: string) => {
      const { data, errors } = await postJson(`${url}/graphql`, { query });
      if (errors) throw new Error(JSON.stringify(errors));
      return data as Record<string, { id: string }>;
    };
    const made = await ask(fleet.url, 'mutation { createRoom(input: { name: "Contended" }) { id } }');
    const roomId = made['createRoom']?.id ?? '';
    let left = changes;
    const joining = async (url: string, name: string) => {
      for (; left > 0; left -= 1) {
        await ask(
          url,
          `mutation { joinRoom(input: { roomId: "${roomId}", userId: "${name}-${left}" }) { id } }`,
        );
      }
    };
    await Promise.all(
      fleet.instances.flatMap(({ url }, n) =>
        Array.from({ length: AT_ONCE }, (_, at) => joining(url, `user-${n}-${at}`)),
      ),
    );
    const counts = await Promise.all(
      fleet.instances.map(({ url }) => ask(url, `{ room(id: "${roomId}") { participantCount } }`)),
    );
    const { entries } = await readState(fleet.db);
    const places = entries.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(places).toEqual(places.map((_, n) => n + 1));
    const users = new Set(entries.map(({ participant }) => participant?.userId));
    expect(users.size).toBe(entries.length);
    expect(entries.length).toBeGreaterThanOrEqual(changes);
    for (const { room } of counts) expect(room).toEqual({ participantCount: entries.length });

    const appends = await figureOf(fleet, 'room_log_appends_total');
    const conflicts = await figureOf(fleet, 'room_log_conflicts_total');
    // Otherwise they did not meet.
    expect(conflicts).toBeGreaterThan(0);
    shown(
      'Three instances on one room leave no gap',
      `${entries.length} entries by ${appends} inserts, besides ${conflicts} that lost and were decided again`,
    );
  },
  trials(120_000, 1_200_000),
);

/** The sum over all instances. */
async function figureOf({ instances }: Fleet, name: string): Promise<number> {
  const texts = await Promise.all(instances.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  return texts.reduce(
    (sum, text) => sum + Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0),
    0,
  );
}
