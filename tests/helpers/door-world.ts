import type { Peer } from '../../src/video/sandbox/sessions/session';
import { StoppedClock } from './clock';
import { openTestHms } from './hms';
import { aService, openTestDatabase, TestRooms } from './rooms';
import { openDoor } from './webhook-door';

/** What happens to a webhook: it is lost, or one of the processes receives it, now or when the late ones are delivered. */
export type WebhookFate = 'lost' | 'late' | number;

/** Two processes on one database and one 100ms, with a clock that stands still, and webhooks that the test sends where it likes. */
export async function openDoorWorld() {
  const clock = new StoppedClock();
  const database = await openTestDatabase();
  const there = await openTestHms(clock, 1, fetch, 30_000);
  const { control } = there.sandbox;
  const settings = { clock, hms: there.hms, reconcileSeconds: 86_400, severalProcesses: true };
  const open = () => TestRooms.open(database, settings);
  const processes: [TestRooms, TestRooms] = [await open(), await open()];
  const process = (index: number) => processes[index === 0 ? 0 : 1];
  let fate: () => WebhookFate = () => 0;
  let late: (() => Promise<unknown>)[] = [];
  const door = await openDoor(async (type, data, envelope) => {
    const chosen = fate();
    if (chosen === 'lost') return;
    if (chosen === 'late') late.push(() => process(0).webhook(type, data, envelope));
    // A process that is killed meanwhile loses it.
    else
      await process(chosen)
        .webhook(type, data, envelope)
        .catch(() => undefined);
  });
  control.setWebhook({ url: door.url, headers: {} });

  /** Resolves when nothing is under way in the processes or at the sandbox, which removes peers in its next timer. */
  const quiet = async () => {
    const delivered = async () => {
      await control.settled();
      for (const each of processes) await each.rooms.inbox.settled();
    };
    await delivered();
    for (const each of processes) await each.rooms.upkeep.runNow('removals');
    await new Promise((resolve) => setTimeout(resolve, 1));
    await delivered();
  };
  return {
    clock,
    control,
    process,
    quiet,
    setFate: (chosen: () => WebhookFate) => {
      fate = chosen;
    },
    deliverLate: async () => {
      const held = late;
      late = [];
      for (const deliver of held) await deliver();
    },
    /** A process ends as by `kill -9`, and another takes its place. */
    restart: async (index: 0 | 1) => {
      await processes[index].vanish();
      processes[index] = await open();
    },
    reconcile: async (index = 0) => {
      await process(index).rooms.upkeep.runNow('reconcile');
      await quiet();
    },
    mint: async (roomId: string, userId: string, ttlSeconds = 86_400) =>
      (await process(0).rooms.access.generateToken({ roomId, userId, role: 'guest', ttlSeconds }, aService))
        .token,
    /** Joins at 100ms by a token of ours; without one as by a room code, with a token that 100ms makes itself. */
    joins: (roomId: string, userId: string, token?: string): Peer =>
      control.join(token === undefined ? { roomId, userId, role: 'guest' } : { token }),
    /** The users who are inside, by the word of 100ms. */
    inside: (roomId: string) =>
      control
        .present(roomId)
        .map((peer) => peer.user_id)
        .sort(),
    /** The users who are shown as present. */
    shown: async (roomId: string, index = 0) => {
      const room = await process(index).rooms.rooms.find(roomId, aService);
      if (!room) throw new Error(`There is no room ${roomId}`);
      const present = await process(index).rooms.rooms.participants(room, { active: true, limit: 1_000 });
      return present.map(({ userId }) => userId).sort();
    },
    /** What became of the removals of a room, oldest first. */
    removals: async (roomId: string) => {
      const found = process(0).connection.collection('removals').find({ roomId }).sort({ requestedAt: 1 });
      return (await found.toArray()).map(({ userId, cause, status, removed }) => ({
        userId,
        cause,
        status,
        removed,
      }));
    },
    [Symbol.asyncDispose]: async () => {
      for (const part of [door, ...processes, there, database]) await part[Symbol.asyncDispose]();
    },
  };
}

export type DoorWorld = Awaited<ReturnType<typeof openDoorWorld>>;
