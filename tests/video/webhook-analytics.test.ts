import { HmsService } from '../../src/video/hms.service';
import { collect, objectId, type Started, startSandbox } from './started';
import { startReceiver } from './webhook-receiver';

const hurry = { timeScale: 0.001 };
const unknown = '631b2654f771854d9bf633df';

/** A log of so many delivered joins, and the opening of their session. */
async function startWithJoins(count: number) {
  const started = await startSandbox(hurry);
  const receiver = await startReceiver();
  const { control } = started.sandbox;
  control.setWebhook({ url: receiver.url });
  const { id: roomId } = await started.hms.createRoom({ name: 'logged' });
  for (let n = 0; n < count; n += 1) control.join({ roomId, userId: `user-${n}`, role: 'guest' });
  await control.settled();
  const dispose = async () => {
    await started[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  };
  return { ...started, receiver, roomId, [Symbol.asyncDispose]: dispose };
}

it('shows a delivery in the documented shape, a reason only with failed ones', async () => {
  await using own = await startWithJoins(1);
  const { body } = await own.call('GET', '/analytics/webhooks?event_names=peer.join.success');
  expect(body).toEqual({
    events: [
      {
        event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event_name: 'reporter.webhook.delivery.success',
        room_id: own.roomId,
        event_timestamp: expect.stringMatching(/Z$/),
        payload: {
          event_data: expect.objectContaining({ user_id: 'user-0', session_id: objectId }),
          webhook_url: own.receiver.url,
          original_event_name: 'peer.join.success',
        },
      },
    ],
    pagination: {
      current_page: 1,
      page_size: 50,
      total_pages: 1,
      total_items: 1,
      has_next: false,
      has_prev: false,
    },
    summary: { total_events: 1 },
  });
});

it('is read to the last page by the service class, and filtered by room, status, type and time', async () => {
  await using own = await startWithJoins(120);
  const idsOf = async (filter: Parameters<HmsService['listWebhookEvents']>[0]) =>
    (await collect(own.hms.listWebhookEvents(filter))).map(({ eventId }) => eventId);
  const all = await idsOf({});
  expect(new Set(all).size).toBe(121);
  expect(await idsOf({ status: 'success' })).toHaveLength(121);
  expect(await idsOf({ status: 'failed' })).toEqual([]);
  expect(await idsOf({ roomId: own.roomId, eventNames: ['session.open.success'] })).toHaveLength(1);
  expect(await idsOf({ eventNames: ['session.open.success', 'peer.join.success'] })).toHaveLength(121);
  expect(await idsOf({ roomId: unknown })).toEqual([]);
  const hourAgo = new Date(Date.now() - 3_600_000);
  expect(await idsOf({ startTime: new Date(Date.now() - 7_200_000), endTime: hourAgo })).toEqual([]);
  const { body } = await own.call('GET', '/analytics/webhooks?limit=100&page=2');
  expect(body).toMatchObject({
    pagination: { current_page: 2, total_pages: 2, has_next: false, has_prev: true },
  });
});

describe('a question about webhooks', () => {
  let own: Started;
  beforeAll(async () => {
    own = await startSandbox();
  });
  afterAll(() => own[Symbol.asyncDispose]());
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

  it.each([
    [() => `start_time=${daysAgo(31)}`, 'start_time must be within the last 30 days'],
    [
      () => `start_time=${daysAgo(20)}&end_time=${daysAgo(5)}`,
      'end_time must be within 14 days after start_time',
    ],
    [() => `start_time=${daysAgo(20)}`, 'end_time must be within 14 days after start_time'],
    [
      () => `start_time=${daysAgo(1)}&end_time=${daysAgo(2)}`,
      'end_time must be within 14 days after start_time',
    ],
  ])('is refused in the documented words, to list and to replay', async (query, message) => {
    const refusal = { status: 400, body: { code: 400, message, details: [message] } };
    expect(await own.call('GET', `/analytics/webhooks?${query()}`)).toEqual(refusal);
    const body = Object.fromEntries(new URLSearchParams(query()));
    expect(await own.call('POST', '/analytics/webhooks/replay', body)).toEqual(refusal);
  });

  it('may reach thirty days back, fourteen days at a time', async () => {
    const { hms } = own;
    const startTime = new Date(daysAgo(29));
    const endTime = new Date(daysAgo(15.5));
    expect(await collect(hms.listWebhookEvents({ startTime, endTime }))).toEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'page=0', 'status=lost'])('is refused with %s', async (query) => {
    expect(await own.call('GET', `/analytics/webhooks?${query}`)).toMatchObject({ status: 400 });
  });

  it('about a replay that there is not is answered by 404', async () => {
    await expect(own.hms.analytics.replayProgress('webhook-replay-x')).rejects.toMatchObject({
      status: 404,
      message: '100ms refused this (404): workflow not found',
    });
  });
});

it('replays at its pace, joins the same request to the one under way, and counts what arrived', async () => {
  await using own = await startWithJoins(4);
  const { hms, receiver } = own;
  const request = { roomId: own.roomId, status: 'success' as const, eventNames: ['peer.join.success'] };
  const [first, second] = await Promise.all([hms.replayWebhooks(request), hms.replayWebhooks(request)]);
  expect(first.workflowId).toBe(second.workflowId);
  expect([first.status, second.status].sort()).toEqual(['already_running', 'started']);
  const replayed = () => receiver.received.items.filter(({ body }) => body.is_replay === true);
  await receiver.received.first(() => replayed().length === 4);
  const users = replayed().map(({ body }) => body.data['user_id']);
  expect(users).toEqual(['user-0', 'user-1', 'user-2', 'user-3']);
  let progress = await hms.analytics.replayProgress(first.workflowId);
  while (progress.status === 'Running') progress = await hms.analytics.replayProgress(first.workflowId);
  expect(progress).toMatchObject({
    status: 'completed',
    completedAt: expect.any(Date),
    progress: { total: 4, completed: 4, failed: 0 },
    result: { failedEvents: [] },
  });
  const part = await hms.replayWebhooks({ ...request, limit: 1, offset: 2 });
  await receiver.received.first(() => replayed().length === 5);
  expect(replayed()[4]?.body.data['user_id']).toBe('user-2');
  expect(part.workflowId).not.toBe(first.workflowId);
});

it('can replay with an id of its own, and say so in the data, for back ends that must bear both', async () => {
  await using own = await startWithJoins(1);
  const { control } = own.sandbox;
  const before = own.receiver.received.items.find(({ body }) => body.type === 'peer.join.success');
  control.choose({ replayId: 'new', replayFlag: 'data' });
  await own.hms.replayWebhooks({ status: 'all', eventNames: ['peer.join.success'] });
  const { body } = await own.receiver.received.first((one) => one.body.data['is_replay'] === true);
  expect(body.id).not.toBe(before?.body.id);
  expect(body).not.toHaveProperty('is_replay');
  expect(body.data).toEqual({ ...before?.body.data, is_replay: true });
});

it('says of a replay that nobody takes that it failed, and which events', async () => {
  await using own = await startWithJoins(1);
  await own.receiver[Symbol.asyncDispose]();
  const { workflowId } = await own.hms.replayWebhooks({ status: 'all' });
  let progress = await own.hms.analytics.replayProgress(workflowId);
  while (progress.status === 'Running') progress = await own.hms.analytics.replayProgress(workflowId);
  expect(progress).toMatchObject({ status: 'failed', result: { total: 2, completed: 0, failed: 2 } });
  expect(progress.result?.failedEvents).toHaveLength(2);
});

it('forgets deliveries after the thirty days in which they can be listed', async () => {
  const begun = new Date();
  const first = await startSandbox({ ...hurry, now: () => begun });
  await using receiver = await startReceiver();
  first.sandbox.control.setWebhook({ url: receiver.url });
  const { id: roomId } = await first.hms.createRoom({ name: 'long-ago' });
  first.sandbox.control.join({ roomId, userId: 'anna', role: 'guest' });
  await first.sandbox.control.settled();
  await first.sandbox.close();
  const inDays = (days: number) => new Date(begun.getTime() + days * 86_400_000);
  const second = await startSandbox({ directory: first.directory, ...hurry, now: () => inDays(29) });
  // The session of that time, 12 h long at most, has ended by now, which makes two more.
  await second.sandbox.control.settled();
  expect(second.sandbox.control.deliveries(roomId).length).toBeGreaterThanOrEqual(2);
  await second.sandbox.close();
  await using third = await startSandbox({ directory: first.directory, ...hurry, now: () => inDays(31) });
  const types = third.sandbox.control.deliveries(roomId).map(({ type }) => type);
  expect(types).not.toContain('peer.join.success');
});
