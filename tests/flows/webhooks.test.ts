import { CreateRoomDocument, GenerateTokenDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { openPlace } from '../helpers/service';
import { type Update, watchWithGraphQLWs } from '../helpers/watching';
import { deliver, SAMPLE_APP, SampleSession } from '../helpers/webhooks';

async function newRoom(url: string): Promise<string> {
  return (await post(url, CreateRoomDocument, { input: { name: 'Town hall' } })).data.createRoom.id;
}

async function whoIsThere(url: string, id: string) {
  return (await post(url, WhoIsThereDocument, { id })).data.room;
}

const leftBy = (user: string) => (update: Update) => update.action === 'LEFT' && update.userId === user;

describe('what 100ms tells', () => {
  it('of a peer who joins and leaves becomes a participant with name and role, and then a LEFT', async () => {
    await using service = await openPlace({ HMS_APP_ID: SAMPLE_APP });
    const { url } = service;
    const roomId = await newRoom(url);
    const { data } = await post(url, GenerateTokenDocument, {
      input: { roomId, role: 'host', userId: 'ana' },
    });
    using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
    await watching.atLeast(1);

    const session = new SampleSession(roomId, new Date('2026-03-04T10:00:00.123Z'));
    const ana = session.peer('ana', 'host');
    for (const webhook of [session.opened(), ana.joined()])
      expect((await deliver(url, webhook)).status).toBe(200);
    const joined = await watching.first(({ action }) => action === 'JOINED');
    expect(joined).toMatchObject({ userId: 'ana', source: 'WEBHOOK', participantCount: 1 });
    expect(joined.participant).toMatchObject({
      name: 'ana by name',
      role: 'host',
      status: 'ACTIVE',
      joinedAt: '2026-03-04T10:00:00.123Z',
    });
    expect(data.generateToken.id).toMatch(/^[0-9a-f-]{36}$/);

    await deliver(url, ana.left('client request', new Date('2026-03-04T10:05:00.000Z')));
    const left = await watching.first(leftBy('ana'));
    expect(left.participant).toMatchObject({
      id: joined.participant?.id,
      status: 'LEFT',
      leftAt: '2026-03-04T10:05:00.000Z',
    });
  });

  it('twice, counts once', async () => {
    await using service = await openPlace({ HMS_APP_ID: SAMPLE_APP });
    const { url } = service;
    const roomId = await newRoom(url);
    using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
    await watching.atLeast(1);
    const session = new SampleSession(roomId);
    const joined = session.peer('ana').joined();
    // The same delivery again, and the same news under another id, as a replay might have it.
    for (const webhook of [joined, joined, { ...joined, id: 'another', is_replay: true }]) {
      expect((await deliver(url, webhook)).status).toBe(200);
    }
    // Of two instances that each received a webhook, either may apply its own first.
    await watching.first(({ userId }) => userId === 'ana');
    await deliver(url, session.peer('bo').joined());
    await watching.first(({ userId }) => userId === 'bo');
    expect(watching.items.map(({ action, userId }) => `${action} ${userId}`)).toEqual([
      'SNAPSHOT null',
      'JOINED ana',
      'JOINED bo',
    ]);
  });

  it('in the wrong order still ends as it was: a join after its leave revives nobody', async () => {
    await using service = await openPlace({ HMS_APP_ID: SAMPLE_APP });
    const { url } = service;
    const roomId = await newRoom(url);
    using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
    const session = new SampleSession(roomId);
    const ana = session.peer('ana');
    await watching.atLeast(1);
    await deliver(url, ana.left());
    await watching.first(leftBy('ana'));
    await deliver(url, ana.joined());
    await deliver(url, session.peer('bo').joined());
    await watching.first(({ userId }) => userId === 'bo');
    expect(watching.items.map(({ action, userId }) => `${action} ${userId}`)).toEqual([
      'SNAPSHOT null',
      'LEFT ana',
      'JOINED bo',
    ]);
    expect(await whoIsThere(url, roomId)).toMatchObject({
      participantCount: 1,
      participants: [{ userId: 'bo' }],
    });
  });

  it('of the end of a session ends everybody in it, and nobody in another', async () => {
    await using service = await openPlace({ HMS_APP_ID: SAMPLE_APP });
    const { url } = service;
    const roomId = await newRoom(url);
    using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
    await watching.atLeast(1);
    const [first, second] = [new SampleSession(roomId), new SampleSession(roomId)];
    for (const webhook of [
      first.peer('ana').joined(),
      first.peer('bo').joined(),
      second.peer('cy').joined(),
    ]) {
      await deliver(url, webhook);
    }
    await watching.atLeast(4);
    await deliver(url, first.closed());
    await watching.first(leftBy('ana'));
    await watching.first(leftBy('bo'));
    // A join of the closed session that arrives late lands as left.
    await deliver(url, first.peer('dan').joined());
    expect(await watching.first(leftBy('dan'))).toMatchObject({ participantCount: 1 });
    expect(await whoIsThere(url, roomId)).toMatchObject({
      participantCount: 1,
      participants: [{ userId: 'cy' }],
    });
  });
});

it('of another app is kept, and changes nothing here', async () => {
  await using service = await openPlace();
  const { url } = service;
  const roomId = await newRoom(url);
  const session = new SampleSession(roomId);
  await deliver(url, session.peer('ana').joined());
  const foreign = { ...session.closed(), app_id: 'an0ther00000000000000app' };
  expect((await deliver(url, foreign)).status).toBe(200);
  using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
  await watching.atLeast(1);
  await deliver(url, session.peer('bo').joined());
  await watching.first(({ userId }) => userId === 'bo');
  expect(await whoIsThere(url, roomId)).toMatchObject({ participantCount: 2 });
});

describe('the door of the webhooks', () => {
  const secret = 'a-secret-of-16-or-more';

  it('lets in who knows the secret, either of two during a rotation, and nobody else', async () => {
    await using service = await openPlace({ WEBHOOK_SECRET: `${secret},the-next-one-of-them` });
    const { url } = service;
    const webhook = new SampleSession(await newRoom(url)).opened();
    const statusWith = async (headers: Record<string, string>) =>
      (await deliver(url, webhook, headers)).status;
    expect(await statusWith({ 'x-webhook-secret': secret })).toBe(200);
    expect(await statusWith({ 'x-webhook-secret': 'the-next-one-of-them' })).toBe(200);
    expect(await statusWith({ 'x-webhook-secret': 'the-next-one-of-the' })).toBe(401);
    expect(await statusWith({})).toBe(401);
  });

  it('keeps what it does not know, and says 200 to it', async () => {
    await using service = await openPlace();
    const { url } = service;
    const session = new SampleSession(await newRoom(url));
    const unknown = [
      { ...session.opened(), type: 'poll.started.success' },
      new SampleSession('0123456789abcdef01234567').opened(),
      { id: 'test-event', type: 'peer.join.success', timestamp: '20XX-11-30T12:58:49Z', data: {} },
    ];
    for (const webhook of unknown) expect((await deliver(url, webhook)).status).toBe(200);
  });

  it.each([
    ['is not JSON', '{"id": "x"', 'body'],
    ['is no object', '[1]', 'body'],
    ['has no id', { type: 'x', data: {} }, 'id'],
    ['has no type', { id: 'x', data: {} }, 'type'],
    ['has no data', { id: 'x', type: 'x' }, 'data'],
  ])('refuses with 400 what %s, and says where', async (_what, body, field) => {
    await using service = await openPlace();
    const response = await deliver(service.url, body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; details: { field: string }[] } };
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.details.map((problem) => problem.field)).toContain(field);
  });

  it('refuses more than 256 KB with 413, and other methods with 405', async () => {
    await using service = await openPlace();
    const huge = { id: 'x', type: 'x', data: { text: 'x'.repeat(256 * 1_024) } };
    expect((await deliver(service.url, huge)).status).toBe(413);
    const got = await fetch(`${service.url}/webhooks/100ms`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
