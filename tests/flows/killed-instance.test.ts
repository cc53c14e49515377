import { setTimeout as pause } from 'node:timers/promises';
import { parseEnvelope } from '../../src/video/hms.webhook';
import { CreateRoomDocument, JoinRoomDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { RawSocket } from '../helpers/raw-socket';
import { type Update, type Watching, watchWithGraphQLWs } from '../helpers/watching';
import { SampleSession } from '../helpers/webhooks';

const itWithFleet = noFleet ? it.skip : it;

/** Two instances: the one that does the upkeep for both, and the other. */
async function openPair(settings: Record<string, string>) {
  const fleet = await Fleet.open({ instances: 2, settings });
  for (;;) {
    for (const [n, one] of fleet.instances.entries()) {
      const figures = await (await fetch(`${one.url}/metrics`)).text();
      const other = fleet.instances[1 - n];
      if (/^upkeep_lease_held 1$/m.test(figures) && other) {
        return { fleet, holder: one, heir: other, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
      }
    }
  }
}

/** However long it takes: the time of the test bounds it. */
function heard(watching: Watching, fits: (update: Update) => boolean): Promise<Update> {
  return new Promise((resolve) => watching.each((update) => fits(update) && resolve(update)));
}

async function createRoom(url: string): Promise<string> {
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  return data.createRoom.id;
}

const told = (watching: Watching) =>
  watching.items.slice(1).map(({ action, userId }) => `${action} ${userId}`);

describe('when the instance that does the upkeep is killed', () => {
  itWithFleet(
    `who was there through it alone has left, by socket or by the API, and who renews at another instance stays${whyNoFleet}`,
    async () => {
      await using pair = await openPair({ PRESENCE_LEASE_SECONDS: '5' });
      const { holder, heir } = pair;
      const roomId = await createRoom(holder.url);
      using watching = watchWithGraphQLWs(heir.url, { roomId, snapshot: true });
      await watching.atLeast(1);
      const socket = await RawSocket.open(holder.url);
      socket.send('join', { roomId, userId: 'by-socket' });
      await watching.atLeast(2);
      const comes = (url: string, userId: string) =>
        post(url, JoinRoomDocument, { input: { roomId, userId } });
      await comes(holder.url, 'renewing');
      await comes(holder.url, 'by-the-api');
      await watching.atLeast(4);
      expect(told(watching)).toEqual(['JOINED by-socket', 'JOINED renewing', 'JOINED by-the-api']);

      await holder.cut();
      const renewing = setInterval(() => void comes(heir.url, 'renewing'), 500);
      const leaves = (userId: string) =>
        heard(watching, (each) => each.action === 'LEFT' && each.userId === userId);
      const left = await Promise.all([leaves('by-socket'), leaves('by-the-api')]);
      clearInterval(renewing);
      expect(left.map(({ participant }) => participant?.status)).toEqual(['LEFT', 'LEFT']);
      expect(told(watching).slice(3).sort()).toEqual(['LEFT by-socket', 'LEFT by-the-api']);
      const there = await post(heir.url, WhoIsThereDocument, { id: roomId });
      expect(there.data.room?.participants.map(({ userId }) => userId)).toEqual(['renewing']);
    },
    90_000,
  );

  itWithFleet(
    `another applies what it left in the inbox, compares rooms with 100ms, and trims the log${whyNoFleet}`,
    async () => {
      await using pair = await openPair({ RECONCILE_SECONDS: '2', RETENTION_ENTRIES: '1' });
      const { fleet, holder, heir } = pair;
      const roomId = await createRoom(holder.url);
      using watching = watchWithGraphQLWs(heir.url, { roomId, snapshot: true });
      await watching.atLeast(1);
      await holder.cut();

      // As it stands in the inbox of whoever was killed between the acknowledgement of a webhook and its application.
      const read = parseEnvelope(new SampleSession(roomId).peer('ana').joined());
      if (!read.ok) throw new Error('not a webhook');
      const { event } = read;
      const kept = {
        type: event.type,
        status: 'pending',
        receivedAt: new Date(),
        notBefore: new Date(),
        event,
      };
      await fleet.db.collection<{ _id: string }>('inbox').insertOne({ _id: event.id, ...kept });

      const joined = await heard(watching, ({ action }) => action === 'JOINED');
      expect([joined.userId, joined.source]).toEqual(['ana', 'WEBHOOK']);
      // 100ms knows of no such session.
      const left = await heard(watching, ({ action }) => action === 'LEFT');
      expect([left.userId, left.source]).toEqual(['ana', 'RECONCILE']);
      const log = fleet.db.collection('room_events');
      expect(await log.countDocuments({ roomId })).toBeGreaterThan(0);
      while ((await log.countDocuments({ roomId })) > 1) await pause(200);
      expect(await log.findOne({ roomId })).toMatchObject({ action: 'LEFT' });
    },
    180_000,
  );
});
