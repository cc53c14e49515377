import { connect } from 'node:net';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { JoinRoomDocument } from '../generated/operations';
import { openCollector, type SeenSpan } from '../helpers/collector';
import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { RawSocket } from '../helpers/raw-socket';
import {
  asService,
  causeOf,
  collectorKey,
  createRoom,
  graphql,
  isOf,
  onSocket,
  sendingTo,
  start,
  watch,
  webhookSecret,
} from '../helpers/traced-service';
import { deliver, SampleSession } from '../helpers/webhooks';

it('the trace of a webhook has its application, its entry in the log, and its delivery to who watches', async () => {
  await using collector = await openCollector();
  const { url } = await start({ ...sendingTo(collector.url), OTEL_SERVICE_NAME: 'rooms-of-ours' });
  const roomId = await createRoom(url);
  await using watcher = await watch(url, roomId);
  const webhook = new SampleSession(roomId).peer('ana').joined();
  const answer = await deliver(url, webhook, { 'x-webhook-secret': webhookSecret });
  expect(answer.status).toBe(200);
  await watcher.nth('update', 1);

  const delivery = await collector.spans.first(isOf('update delivery'));
  await collector.spans.first(isOf('POST /webhooks/100ms'));
  const apply = await collector.spans.first(isOf('inbox apply'));
  const { items } = collector.spans;
  const append = causeOf(delivery, items);
  expect(append).toMatchObject({ name: 'log append', facts: { 'rollcall.room_id': roomId } });
  expect(append && causeOf(append, items)).toEqual(apply);
  expect(apply.facts).toEqual({
    'rollcall.event_type': 'peer.join.success',
    'rollcall.room_id': roomId,
    'rollcall.outcome': 'applied',
  });
  const request = causeOf(apply, items);
  expect(request).toMatchObject({
    name: 'POST /webhooks/100ms',
    facts: { 'http.route': '/webhooks/100ms', 'http.response.status_code': 200 },
    resource: { 'service.name': 'rooms-of-ours' },
  });
  expect(request?.parentSpanId ?? '').toBe('');
  expect(delivery.facts).toMatchObject({ 'rollcall.room_id': roomId, 'rollcall.watchers': 1 });
  expect(new Set([delivery, append, apply, request].map((span) => span?.traceId)).size).toBe(1);
  expect(collector.requests.items[0]).toBe(`POST /v1/traces application/json ${collectorKey}`);
});

it.each<[string, object]>([
  ['a plain one', {}],
  ['one that is left to Apollo Server after its body was read', { more: 1 }],
])(
  'the trace of a join over HTTP, %s, goes from the request to the delivery, that of a new room to the call of 100ms',
  async (_title, more) => {
    await using collector = await openCollector();
    const { url } = await start(sendingTo(collector.url));
    const roomId = await createRoom(url);
    await using watcher = await watch(url, roomId);
    await graphql(
      url,
      JoinRoomDocument,
      { input: { roomId, userId: 'ana' } },
      { headers: { 'x-request-id': 'join-1' }, more },
    );
    await watcher.nth('update', 1);
    const joining = await collector.spans.first(({ facts }) => facts['rollcall.request_id'] === 'join-1');
    const delivery = await collector.spans.first(isOf('update delivery'));
    const call = await collector.spans.first(isOf('100ms POST rooms'));
    const { items } = collector.spans;
    expect(joining.name).toBe('POST /graphql');
    const append = causeOf(delivery, items);
    expect(append?.name).toBe('log append');
    expect(append && causeOf(append, items)).toEqual(joining);
    expect(causeOf(call, items)?.name).toBe('POST /graphql');

    await fetch(`${url}/rooms/${roomId}`, { headers: asService });
    await fetch(`${url}/no/such/thing-${roomId}`);
    const read = await collector.spans.first(({ name }) => name.startsWith('GET /rooms'));
    expect([read.name, read.facts['http.response.status_code']]).toEqual(['GET /rooms/:roomId', 200]);
    expect(await collector.spans.first(isOf('GET'))).toMatchObject({
      facts: { 'http.response.status_code': 404 },
    });
  },
);

it('what a request does is in its trace, though its body came after its head', async () => {
  await using collector = await openCollector();
  const { url } = await start(sendingTo(collector.url));
  const roomId = await createRoom(url);
  const body = JSON.stringify({
    query: print(JoinRoomDocument),
    variables: { input: { roomId, userId: 'ana' } },
  });
  const head = [
    'POST /graphql HTTP/1.1',
    `host: ${new URL(url).host}`,
    `authorization: ${asService.authorization}`,
    'content-type: application/json',
    'x-request-id: slow-1',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  // Answered after the head, which was sent before it.
  await fetch(`${url}/livez`);
  socket.write(body);
  const append = await collector.spans.first(isOf('log append'));
  socket.destroy();
  const request = await collector.spans.first(({ facts }) => facts['rollcall.request_id'] === 'slow-1');
  expect(causeOf(append, collector.spans.items)).toEqual(request);
});

it('the trace of a join on a socket goes from what was asked on it to the delivery, on both kinds of socket', async () => {
  await using collector = await openCollector();
  const { url } = await start(sendingTo(collector.url));
  const roomId = await createRoom(url);
  await using watcher = await watch(url, roomId);
  await using person = await RawSocket.open(url, { headers: asService });
  person.send('join', { roomId, userId: 'ana' });
  await watcher.nth('update', 1);
  await onSocket(
    url,
    'mutation PlantedName($input: JoinRoomInput!) { planted: joinRoom(input: $input) { id } }',
    {
      input: { roomId, userId: 'bo' },
    },
  );
  await watcher.nth('update', 2);

  const isDelivery = isOf('update delivery');
  await collector.spans.first(() => collector.spans.items.filter(isDelivery).length === 2);
  await collector.spans.first(isOf('raw join'));
  await collector.spans.first(isOf('graphql mutation'));
  const { items } = collector.spans;
  const asked = items.filter(isDelivery).map((delivery) => {
    const append = causeOf(delivery, items);
    expect(append?.name).toBe('log append');
    return append && causeOf(append, items);
  });
  expect(asked.map((span) => span?.name)).toEqual(['raw join', 'graphql mutation']);
  expect(asked.map((span) => span?.parentSpanId ?? '')).toEqual(['', '']);
  expect(asked[1]?.facts).toEqual({
    'graphql.operation.type': 'mutation',
    'rollcall.field': 'joinRoom',
    'rollcall.request_id': expect.any(String),
  });
  expect(collector.texts.join()).not.toMatch(/planted/i);
});

it('a subscription on a socket has a span of its beginning, while its stream goes on', async () => {
  await using collector = await openCollector();
  const { url } = await start(sendingTo(collector.url));
  const roomId = await createRoom(url);
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: asService,
  });
  const query =
    'subscription PlantedName($roomId: ID!) { planted: participantUpdates(roomId: $roomId, snapshot: true) { action } }';
  const updates = client.iterate({ query, variables: { roomId } });
  expect((await updates.next()).value.data).toEqual({ planted: { action: 'SNAPSHOT' } });
  const span = await collector.spans.first(isOf('graphql subscription'));
  expect(span.facts).toEqual({
    'graphql.operation.type': 'subscription',
    'rollcall.field': 'participantUpdates',
    'rollcall.request_id': expect.any(String),
  });
  expect(collector.texts.join()).not.toMatch(/planted/i);
  await client.dispose();
});

it('what is refused on a socket has a span that says with which code', async () => {
  await using collector = await openCollector();
  const { url } = await start(sendingTo(collector.url));
  await using person = await RawSocket.open(url, { headers: asService });
  person.send('leave', { roomId: 'planted-room', userId: 'ana' });
  person.send('planted', {});
  await person.nth('error', 2);
  await onSocket(url, 'mutation { leaveRoom(input: { roomId: "planted", userId: "ana" }) { id } }', {});
  await onSocket(url, 'subscription { participantUpdates(roomId: "planted") { action } }', {});
  const codeOf = async (name: string) => (await collector.spans.first(isOf(name))).facts['error.type'];
  expect(await codeOf('raw leave')).toBe('ROOM_NOT_FOUND');
  expect(await codeOf('raw frame')).toBe('BAD_USER_INPUT');
  expect(await codeOf('graphql mutation')).toBe('ROOM_NOT_FOUND');
  expect(await codeOf('graphql subscription')).toBe('ROOM_NOT_FOUND');
  expect(collector.texts.join()).not.toMatch(/planted/i);
});

it("a caller's own trace is linked to, and decides nothing", async () => {
  await using collector = await openCollector();
  const { url } = await start(sendingTo(collector.url));
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const ask = (traceparent: string, id: string) =>
    fetch(`${url}/livez`, { headers: { traceparent, 'x-request-id': id } });
  await ask(`00-${traceId}-${spanId}-00`, 'theirs');
  await ask('00-no-such-trace-01', 'broken');
  const isAnswerTo = (id: string) => (span: SeenSpan) => span.facts['rollcall.request_id'] === id;
  const theirs = await collector.spans.first(isAnswerTo('theirs'));
  expect(theirs.traceId).not.toBe(traceId);
  expect(theirs.links).toEqual([expect.objectContaining({ traceId, spanId })]);
  expect((await collector.spans.first(isAnswerTo('broken'))).links ?? []).toEqual([]);
});

(noFleet ? it.skip : it)(`a trace goes on in the instance that tells its watchers${whyNoFleet}`, async () => {
  await using collector = await openCollector();
  await using fleet = await Fleet.open({
    instances: 2,
    settings: { AUTH: 'off', ...sendingTo(collector.url) },
  });
  const [here, there] = fleet.instances.map(({ url }) => url) as [string, string];
  const roomId = await createRoom(here);
  await using watcher = await watch(there, roomId);
  await deliver(here, new SampleSession(roomId).peer('ana').joined());
  await watcher.nth('update', 1);
  const delivery = await collector.spans.first(isOf('update delivery'));
  const request = await collector.spans.first(isOf('POST /webhooks/100ms'));
  await collector.spans.first(isOf('log append'));
  expect(causeOf(delivery, collector.spans.items)?.name).toBe('log append');
  expect(delivery.traceId).toBe(request.traceId);
  const id = 'service.instance.id';
  expect(delivery.resource[id]).not.toBe(request.resource[id]);
});

(noFleet ? it.skip : it)(
  `a trace goes on in the instance that applies what another took in, whenever that is${whyNoFleet}`,
  async () => {
    await using collector = await openCollector();
    await using fleet = await Fleet.open({
      instances: 2,
      settings: { AUTH: 'off', ...sendingTo(collector.url) },
    });
    const [here = '', there = ''] = fleet.instances.map(({ url }) => url);
    const roomId = await createRoom(here);
    // What is dated ahead waits in the inbox for whoever sweeps it when its time has come.
    const timestamp = new Date(Date.now() + 3_600_000).toISOString();
    const session = new SampleSession(roomId);
    for (const url of [here, there]) {
      expect((await deliver(url, { ...session.peer('ana').joined(), timestamp })).status).toBe(200);
    }
    await fleet.db.collection('inbox').updateMany({}, { $set: { notBefore: new Date() } });
    await collector.spans.first(() => collector.spans.items.filter(isOf('inbox apply')).length === 2);
    const { items } = collector.spans;
    const applied = items.filter(isOf('inbox apply'));
    const from = applied.map((apply) => causeOf(apply, items)?.resource['service.instance.id']);
    expect(new Set(from).size).toBe(2);
    // One instance sweeps for both.
    expect(new Set(applied.map(({ resource }) => resource['service.instance.id'])).size).toBe(1);
  },
);
