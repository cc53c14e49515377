import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'graphql';
import { CreateRoomDocument, GenerateTokenDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { endProcesses } from '../helpers/running-process';

const itWithFleet = noFleet ? it.skip : it;

afterEach(endProcesses);

/** A removal looks again after 10 s, in real time. */
const WITHIN_MS = 150_000;

/** How a user is banned, and what the input of `revokeTokens` is for it. */
const bans = {
  'removed from the room': (roomId: string, userId: string) => ({ roomId, userId }),
  'whose logins and tokens are revoked': (_roomId: string, userId: string) => ({ userId }),
} as const;

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20);
}

/** A user with a token for a room, who joins it at 100ms and is banned on one instance. Resolves when the removal is done. */
async function ban(fleet: Fleet, userId: string, how: keyof typeof bans) {
  const { sandbox, instances, db } = fleet;
  const [here] = instances.map(({ url }) => url) as [string];
  const { data } = await post(here, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const { id: roomId } = data.createRoom;
  const minted = await post(here, GenerateTokenDocument, { input: { roomId, userId, role: 'guest' } });
  const { token } = minted.data.generateToken;
  const inside = () => sandbox.control.present(roomId).map(({ user_id }) => user_id);
  const shown = async (url: string) =>
    (await post(url, WhoIsThereDocument, { id: roomId })).data.room?.participantCount;
  sandbox.control.join({ token });
  await until(async () => (await shown(here)) === 1);
  const revoke = parse('mutation ($input: RevokeTokensInput!) { revokeTokens(input: $input) { id } }');
  expect(await post(here, revoke, { input: bans[how](roomId, userId) })).not.toHaveProperty('errors');
  // Until then the removal itself would find the user again, whether or not joins are checked.
  await until(
    async () => (await db.collection('removals').countDocuments({ userId, status: 'pending' })) === 0,
  );
  expect(inside()).toEqual([]);
  return { token, userId, inside, shown };
}

itWithFleet.each([
  ['by the webhook of the join, which another instance receives', { RECONCILE_SECONDS: '0' }, true],
  ['by the next reconciliation, when the webhook is lost', { RECONCILE_SECONDS: '1' }, false],
])(
  `a banned user who joins again with the old token is removed %s${whyNoFleet}`,
  async (_, settings, areWebhooksSent) => {
    await using fleet = await Fleet.open({ instances: 2, settings });
    const { sandbox, instances } = fleet;
    const [here, there] = instances.map(({ url }) => url) as [string, string];
    sandbox.control.setWebhook({ url: `${there}/webhooks/100ms`, headers: {} });
    const banned = await Promise.all(
      Object.keys(bans).map((how, n) => ban(fleet, `user-${n}`, how as keyof typeof bans)),
    );
    if (!areWebhooksSent) sandbox.control.setWebhook(undefined);
    for (const { token, userId, inside } of banned) {
      sandbox.control.join({ token });
      expect(inside()).toEqual([userId]);
    }
    for (const { inside, shown } of banned) {
      await until(async () => inside().length === 0);
      for (const url of [here, there]) await until(async () => (await shown(url)) === 0);
    }
  },
  WITHIN_MS,
);
