import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { endProcesses } from '../helpers/running-process';
import { shown, trials } from '../helpers/trials';
import { deliver, SAMPLE_APP, SampleSession, type Webhook } from '../helpers/webhooks';
import { postJson, randomFrom } from './crowd';

const itWhereItIs = noFleet ? it.skip : it;
const steps = trials(80, 3_000);

afterEach(endProcesses);

itWhereItIs(
  `one instance and three tell the same story of the same events: the same entry at each place, and the same room in the end${whyNoFleet}`,
  async () => {
    const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
    const [one, three] = await Promise.all([1, 3].map((instances) => runOn(instances, seed)));
    expect(three).toEqual(one);
    const entries = one?.flatMap((room) => room.entries) ?? [];
    expect(entries.length).toBeGreaterThan(steps / 4);
    shown(
      'One instance and three make the same logs and the same rooms of the same events',
      `${steps} steps, ${entries.length} entries; seed ${seed}`,
    );
  },
  trials(120_000, 3_600_000),
);

/** What is stored of each room after the script, without what is chosen at random or by the clock. */
async function runOn(instances: number, seed: number) {
  await using fleet = await Fleet.open({ instances, settings: { HMS_APP_ID: SAMPLE_APP } });
  const script = new Script(fleet, randomFrom(seed));
  const roomIds = await script.play(steps);
  // Everything that was put off is stored by then.
  for (const instance of fleet.instances) expect(await instance.end('SIGTERM')).toBe(0);
  const read = async (name: string, roomId: string, order: Record<string, 1>) =>
    fleet.db.collection(name).find({ roomId }, { sort: order }).toArray();
  const rooms: { entries: unknown[]; room: unknown; participants: unknown[] }[] = [];
  for (const roomId of roomIds) {
    // In the order of the log, so that what was made up first has the same number in both.
    const entries = await read('room_events', roomId, { seq: 1 });
    const [room] = await read('rooms', roomId, { roomId: 1 });
    const participants = await read('participants', roomId, { asOfSeq: 1 });
    rooms.push(withoutChance({ entries, room, participants }));
  }
  return rooms;
}

/** Joins, leaves and webhooks in any order, told twice, too late or not at all; each when the one before has had its effect. */
class Script {
  private readonly sessions: SampleSession[] = [];
  private readonly said: Webhook[] = [];
  /** Of what 100ms tells: a minute later each time. Those who came at the same moment are in no promised order. */
  private now = Date.parse('2026-03-04T10:00:00Z');

  constructor(
    private readonly fleet: Fleet,
    private readonly random: () => number,
  ) {}

  async play(count: number): Promise<string[]> {
    const roomIds = [await this.createRoom('one'), await this.createRoom('two')];
    for (const roomId of [...roomIds, ...roomIds]) {
      this.sessions.push(new SampleSession(roomId, new Date('2026-03-04T10:00:00Z')));
    }
    for (let n = 0; n < count; n += 1) await this.step(roomIds);
    for (const session of this.sessions) await this.tell(session.closed(new Date(this.now)));
    await this.mutate('endRoom(input: $input) { id }', 'EndRoomInput', { roomId: roomIds[0], lock: true });
    return roomIds;
  }

  private async step(roomIds: readonly string[]): Promise<void> {
    const dice = this.random();
    const input = {
      roomId: this.one(roomIds),
      userId: `user-${Math.floor(this.random() * 8)}`,
      deviceId: this.one(['phone', 'laptop']),
    };
    if (dice < 0.3) await this.mutate('joinRoom(input: $input) { id }', 'JoinRoomInput', input);
    else if (dice < 0.5) await this.mutate('leaveRoom(input: $input) { id }', 'LeaveRoomInput', input);
    else if (dice < 0.6 && this.said.length > 0) await this.tell(this.one(this.said));
    else {
      const peer = this.one(this.sessions).peer(
        input.userId,
        'guest',
        `peer-${Math.floor(this.random() * 12)}`,
      );
      this.now += 60_000;
      const at = new Date(this.now);
      await this.tell(this.random() < 0.6 ? peer.joined(at) : peer.left('client request', at));
    }
  }

  private one<T>(among: readonly T[]): T {
    return among[Math.floor(this.random() * among.length)] as T;
  }

  private async createRoom(name: string): Promise<string> {
    return (await this.mutate('createRoom(input: $input) { id }', 'CreateRoomInput', { name })).id;
  }

  private async mutate(field: string, type: string, input: object): Promise<{ id: string }> {
    const query = `mutation ($input: ${type}!) { answer: ${field} }`;
    const { data, errors } = await postJson(`${this.fleet.url}/graphql`, { query, variables: { input } });
    if (errors) throw new Error(JSON.stringify(errors));
    return data?.['answer'] ?? { id: '' };
  }

  /** A webhook is acknowledged when it is kept; the next step comes when it is applied. */
  private async tell(webhook: Webhook): Promise<void> {
    this.said.push(webhook);
    expect((await deliver(this.fleet.url, webhook)).status).toBe(200);
    const unapplied = { _id: webhook.id as never, status: 'pending' };
    while ((await this.fleet.db.collection('inbox').countDocuments(unapplied)) > 0);
  }
}

/** Times are left out; everything that was chosen at random is replaced by the order in which it comes up. */
function withoutChance<T>(value: T): T {
  const numbers = new Map<string, number>();
  const made = /[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,24}/g;
  const text = JSON.stringify(value, (name, member) =>
    /At$|AsOf$|Until$|Since$|Seconds$/.test(name) ? undefined : member,
  ).replace(made, (id) => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return `#${number}`;
  });
  return JSON.parse(text);
}
