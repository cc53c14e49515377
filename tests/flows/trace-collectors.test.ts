import type { ServerResponse } from 'node:http';
import { JoinRoomDocument } from '../generated/operations';
import { openCollector } from '../helpers/collector';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import {
  collectorKey,
  createRoom,
  graphql,
  sendingTo,
  start,
  watch,
  webhookSecret,
} from '../helpers/traced-service';
import { deliver, SampleSession } from '../helpers/webhooks';

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
