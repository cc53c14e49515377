import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { CreateRoomDocument, JoinRoomDocument } from '../generated/operations';
import { openCollector, type SeenSpan } from '../helpers/collector';
import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';
import { databaseSettings } from '../helpers/test-database';
import { deliver, SampleSession } from '../helpers/webhooks';

// One long file: the same service, collector and reading of spans serve every story of a trace.

const webhookSecret = 'planted-webhook-secret';
const collectorKey = 'planted-collector-key';
const program = join(__dirname, '..', '..', 'dist', 'main.js');
const asService = { authorization: `Bearer ${serviceKey}` };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-traces-'));
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

/** What sends traces to a collector soon after they are made. */
const sendingTo = (collector: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_HEADERS: `api-key=${collectorKey}`,
  OTEL_BSP_SCHEDULE_DELAY: '50',
});

async function start(env: Record<string, string>): Promise<{ server: RunningProcess; url: string }> {
  const server = startProcess([process.execPath, program], directory, {
    PORT: '0',
    LOG_LEVEL: 'warn',
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    WEBHOOK_SECRET: webhookSecret,
    RECONCILE_SECONDS: '0',
    ...databaseSettings(directory),
    ...env,
  });
  return { server, url: await server.url() };
}

async function graphql<T>(
  url: string,
  document: Parameters<typeof print>[0],
  variables: object,
  { headers = {}, more = {} }: { headers?: Record<string, string>; more?: object } = {},
) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asService, ...headers },
    body: JSON.stringify({ query: print(document), variables, ...more }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

/** Asks something on a socket of graphql-ws, and waits for the answer. */
async function onSocket(url: string, query: string, variables: Record<string, unknown>): Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: asService,
  });
  for await (const _answer of client.iterate({ query, variables }));
  await client.dispose();
}

async function createRoom(url: string): Promise<string> {
  const { createRoom } = await graphql<{ createRoom: { id: string } }>(url, CreateRoomDocument, {
    input: { name: 'Stand-up' },
  });
  return createRoom.id;
}

/** Somebody who watches a room from now on. */
async function watch(url: string, roomId: string): Promise<RawSocket> {
  const watcher = await RawSocket.open(url, { headers: asService });
  watcher.send('watch', { roomId });
  watcher.send('leave', { roomId, userId: 'nobody' });
  // Frames are acted on one after another: with the answer to the last one, the other is done.
  await watcher.nth('error', 1);
  return watcher;
}

const isOf = (name: string) => (span: SeenSpan) => span.name === name;

/** The span that caused this one. */
function causeOf(span: SeenSpan, spans: readonly SeenSpan[]): SeenSpan | undefined {
  return spans.find(({ spanId }) => spanId === span.parentSpanId);
}

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

it('nothing that lets somebody in, and no word of a query or of its variables, is told to the collector', async () => {
  await using collector = await openCollector();
  const { url, server } = await start(sendingTo(collector.url));
  const roomId = await createRoom(url);
  const login = loginOf('planted-user');
  const asUser = { authorization: `Bearer ${login}` };
  await using watcher = await watch(url, roomId);
  await deliver(url, new SampleSession(roomId).peer('planted-peer').joined(), {
    'x-webhook-secret': webhookSecret,
  });
  await deliver(url, '{"planted-body', { 'x-webhook-secret': `${webhookSecret}-wrong` });
  await watcher.nth('update', 1);
  await fetch(`${url}/rooms?planted-query=1&token=${login}`, { headers: asUser });
  await fetch(`${url}/planted-path/${login}`, { headers: { ...asUser, traceparent: login } });
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asUser, tracestate: 'planted=1', baggage: 'planted=1' },
    body: JSON.stringify({
      query: 'mutation PlantedName { joinRoom(input: {roomId: "planted", userId: "u"}) { id } }',
    }),
  });
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(collector.spans.items.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['POST /webhooks/100ms', 'POST /graphql', 'GET /rooms', 'GET', 'update delivery']),
  );
  const sent = collector.texts.join('\n');
  for (const secret of [serviceKey, login, authSecret, webhookSecret, collectorKey])
    expect(sent).not.toContain(secret);
  expect(sent).not.toMatch(/planted|mutation/i);
});

it.each<[string, Record<string, string>]>([
  ['no collector is named', {}],
  ['OTEL_SDK_DISABLED says so', { OTEL_SDK_DISABLED: 'true' }],
  ['OTEL_TRACES_SAMPLER says so', { OTEL_TRACES_SAMPLER: 'always_off' }],
])('nothing is sent where %s', async (_title, settings) => {
  await using collector = await openCollector();
  const named = Object.keys(settings).length > 0 ? sendingTo(collector.url) : {};
  const { url, server } = await start({ ...named, ...settings });
  const roomId = await createRoom(url);
  await graphql(url, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(collector.requests.items).toEqual([]);
});

it.each<[string, (response: ServerResponse) => void]>([
  ['answers 500', (response) => response.writeHead(500).end('planted')],
  ['never answers', () => undefined],
  ['hangs up', (response) => response.destroy()],
])('a collector that %s fails no request, and the process ends in time and well', async (_title, answer) => {
  await using collector = await openCollector(answer);
  const { url, server } = await start({ ...sendingTo(collector.url), OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  const roomId = await createRoom(url);
  await using watcher = await watch(url, roomId);
  await graphql(url, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
  await watcher.nth('update', 1);
  await collector.requests.atLeast(1);
  await server.says(/"what":"traces"/);
  await graphql(url, JoinRoomDocument, { input: { roomId, userId: 'bo' } });
  await watcher.nth('update', 2);
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.output.match(/"what":"traces"/g)).toHaveLength(1);
  expect(server.output).not.toContain('planted');
});

it('a collector that is not there costs a line in the log', async () => {
  const gone = await openCollector();
  await gone[Symbol.asyncDispose]();
  const { url, server } = await start({ ...sendingTo(gone.url), OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  const roomId = await createRoom(url);
  await server.says(/"what":"traces"/);
  await graphql(url, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
});

it('what is recorded last is sent before the process ends', async () => {
  await using collector = await openCollector();
  const { url, server } = await start({ ...sendingTo(collector.url), OTEL_BSP_SCHEDULE_DELAY: '60000' });
  await createRoom(url);
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(collector.spans.items.map(({ name }) => name)).toContain('POST /graphql');
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
