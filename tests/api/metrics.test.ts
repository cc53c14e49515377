import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { print } from 'graphql';
import { WebSocket } from 'ws';
import { type FigureName, figures } from '../../src/figures';
import { CreateRoomDocument, JoinRoomDocument, WatchRoomDocument } from '../generated/operations';
import { post, socketUrl } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';
import { watchWithGraphQLWs } from '../helpers/watching';
import { SAMPLE_APP, SampleSession } from '../helpers/webhooks';

async function read(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/metrics`, { headers });
  return { status: response.status, text: await response.text() };
}

/** The value of one line, labels and all. */
function figureOf(text: string, line: string): number {
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? Number.NaN : Number(found.slice(line.length));
}

/** Resolves with the figures once a line of them has a value that fits. */
async function untilFigure(url: string, line: string, fits: (value: number) => boolean): Promise<string> {
  for (;;) {
    const { text } = await read(url);
    if (fits(figureOf(text, line))) return text;
  }
}

/** Names and labels of everything that callers could have a hand in: not of Node's own figures, nor of what runs by itself. */
function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter(
      (line) =>
        line !== '' && !line.startsWith('#') && !/^(nodejs|process|upkeep|upstream|reconcile)_/.test(line),
    )
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
}

async function send(url: string, body: unknown, headers: Record<string, string> = {}) {
  await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

it('counts answers by door and status, errors by code, and what is open and watched', async () => {
  await using service = await startTestService();
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  await post(url, CreateRoomDocument, { input: { name: '' } });
  await fetch(`${url}/rooms/nobody-knows-this-one`);
  using watching = watchWithGraphQLWs(url, { roomId: data.createRoom.id, snapshot: true });
  await watching.atLeast(1);

  const { status, text } = await read(url);
  expect(status).toBe(200);
  expect(figureOf(text, 'http_requests_total{door="graphql",status="200"}')).toBe(2);
  expect(figureOf(text, 'http_requests_total{door="rest",status="404"}')).toBe(1);
  expect(figureOf(text, 'errors_total{code="BAD_USER_INPUT"}')).toBe(1);
  expect(figureOf(text, 'open_connections{kind="graphql"}')).toBe(1);
  expect(figureOf(text, 'watched_rooms')).toBe(1);
  expect(figureOf(text, 'inbox_pending')).toBe(0);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

it('follows an update from its commit to its watchers, on every door', async () => {
  await using service = await startTestService();
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const roomId = data.createRoom.id;
  using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
  await watching.atLeast(1);
  const raw = await RawSocket.open(url);
  raw.send('watch', { roomId });
  const live = new AbortController();
  const accept = { accept: 'text/event-stream' };
  await fetch(`${url}/rooms/${roomId}/updates`, { headers: accept, signal: live.signal });
  await untilFigure(url, 'room_watchers{door="raw"}', (open) => open === 1);

  await post(url, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
  await Promise.all([watching.atLeast(2), raw.updates(1)]);
  const webhook = new SampleSession(roomId).peer('bo').joined();
  await send(`${url}/webhooks/100ms`, webhook);
  await send(`${url}/webhooks/100ms`, webhook);
  await Promise.all([watching.atLeast(3), raw.updates(2)]);
  const text = await untilFigure(url, 'updates_delivered_total{door="rest"}', (told) => told === 2);

  expect(figureOf(text, 'room_events_published_total{source="API"}')).toBe(1);
  expect(figureOf(text, 'room_events_published_total{source="WEBHOOK"}')).toBe(1);
  expect(figureOf(text, 'room_log_appends_total')).toBe(2);
  expect(figureOf(text, 'event_delivery_lag_seconds_count')).toBe(2);
  expect(figureOf(text, 'updates_delivered_total{door="graphql_ws"}')).toBe(3);
  expect(figureOf(text, 'updates_delivered_total{door="raw"}')).toBe(2);
  expect(figureOf(text, 'graphql_active_subscriptions{field="participantUpdates"}')).toBe(1);
  expect(figureOf(text, 'room_watchers{door="graphql_ws"}')).toBe(1);
  expect(figureOf(text, 'room_watchers{door="rest"}')).toBe(1);
  expect(figureOf(text, 'webhook_events_total{type="peer.join.success",result="applied"}')).toBe(1);
  expect(figureOf(text, 'webhook_events_total{type="peer.join.success",result="duplicate"}')).toBe(1);
  expect(figureOf(text, 'upstream_request_duration_seconds_count{endpoint="rooms",status="2xx"}')).toBe(1);
  expect(figureOf(text, 'upstream_circuit_state')).toBe(0);
  expect(figureOf(text, 'database_command_duration_seconds_count')).toBeGreaterThan(5);
  const asked = 'graphql_requests_total{operation_type="mutation",transport="http",outcome="ok"}';
  expect(figureOf(text, asked)).toBe(2);

  watching[Symbol.dispose]();
  live.abort();
  await raw[Symbol.asyncDispose]();
  await untilFigure(url, 'graphql_active_subscriptions{field="participantUpdates"}', (open) => open === 0);
  await untilFigure(url, 'room_watchers{door="rest"}', (open) => open === 0);
  await untilFigure(url, 'room_watchers{door="raw"}', (open) => open === 0);
  await untilFigure(url, 'ws_connections_closed_total{kind="raw",code="1005"}', (closed) => closed === 1);
});

/** Whatever a stranger can put a name of their own into. */
async function attack(url: string, name: string): Promise<void> {
  const operation = `query ${name} { rooms { ${name}: id } }`;
  await send(`${url}/graphql?${name}=1`, {
    query: operation,
    operationName: name,
    variables: { [name]: name },
  });
  await send(`${url}/graphql`, { query: `{ ${name} }` });
  await send(`${url}/graphql`, {
    query: `subscription ${name} { participantUpdates(roomId: "${name}") { action } }`,
  });
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    await fetch(`${url}/${name}/${name}?${name}`, {
      method,
      headers: { [`x-${name}`]: name, 'x-request-id': name },
    });
  }
  await fetch(`${url}/rooms/${name}/updates?after=${name}`);
  await send(`${url}/rooms/${name}/token`, { role: name, userId: name }, { authorization: `Bearer ${name}` });
  await send(`${url}/webhooks/100ms`, { id: name, type: name, data: { room_id: name } });
  await send(`${url}/webhooks/100ms`, { id: `${name} again`, type: `peer.${name}`, data: {} });
  await send(`${url}/webhooks/${name}`, {});
  const closedWith = async (socket: WebSocket, code: number) => {
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ event: name, data: { [name]: name } }));
    socket.close(code, name);
    await new Promise((resolve) => socket.once('close', resolve));
  };
  await closedWith(new WebSocket(`${url.replace('http', 'ws')}/`), 3000 + name.length);
  await closedWith(new WebSocket(socketUrl(url), 'graphql-transport-ws'), 4600 + name.length);
  const sse = { accept: 'text/event-stream', 'content-type': 'application/json' };
  const query = print(WatchRoomDocument);
  await (
    await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: sse,
      body: JSON.stringify({ query, variables: { roomId: name } }),
    })
  ).text();
}

it('tells webhooks that come too late to be news from those that change something', async () => {
  await using service = await startTestService({ HMS_APP_ID: SAMPLE_APP });
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const session = new SampleSession(data.createRoom.id);
  const ana = session.peer('ana');
  const counted = (type: string, result: string, count: number) =>
    untilFigure(url, `webhook_events_total{type="${type}",result="${result}"}`, (known) => known === count);
  await send(`${url}/webhooks/100ms`, session.opened());
  await send(`${url}/webhooks/100ms`, ana.left());
  await counted('session.open.success', 'applied', 1);
  await counted('peer.leave.success', 'applied', 1);
  // Her join was told after her leave, by another event than the one that was lost.
  await send(`${url}/webhooks/100ms`, ana.joined());
  await counted('peer.join.success', 'stale', 1);
  await send(`${url}/webhooks/100ms`, session.opened());
  await counted('session.open.success', 'stale', 1);
  const closedAt = new Date();
  for (const result of ['applied', 'stale']) {
    await send(`${url}/webhooks/100ms`, session.closed(closedAt));
    const text = await counted('session.close.success', result, 1);
    expect(figureOf(text, 'webhook_events_total{type="session.close.success",result="applied"}')).toBe(1);
  }
  // A figure that nothing was counted in is none yet.
  expect((await read(url)).text).not.toContain('{type="peer.join.success",result="applied"}');
});

it('gives callers no way to add a series, whatever they send', async () => {
  await using service = await startTestService();
  const { url } = service;
  await attack(url, 'first');
  await untilFigure(url, 'webhook_events_total{type="other",result="unknown_type"}', (known) => known === 2);
  const before = (await read(url)).text;
  for (const name of ['second_one', 'yet_another_name', 'and_one_that_is_longer']) await attack(url, name);
  await untilFigure(url, 'webhook_events_total{type="other",result="unknown_type"}', (known) => known === 8);
  const after = (await read(url)).text;
  expect(seriesOf(after)).toEqual(seriesOf(before));
  expect(seriesOf(after).join()).not.toMatch(/first|second_one|another|longer/);
});

it('takes every label from the table, which is the one in the docs', async () => {
  await using service = await startTestService();
  const { text } = await read(service.url);
  const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    .map(([, name = '', kind = '']) => [name, kind])
    .filter(([name]) => !/^(nodejs|process)_/.test(name ?? ''));
  expect(told).toEqual(Object.entries(figures).map(([name, { kind }]) => [name, kind]));

  const rows = Object.keys(figures).map((name) => {
    const {
      kind,
      help,
      labels = {},
    } = figures[name as FigureName] as {
      kind: string;
      help: string;
      labels?: Record<string, readonly string[]>;
    };
    const names = Object.keys(labels).map((label) => `\`${label}\``);
    return `| \`${name}\` | ${kind} | ${names.join(', ')} | ${help} |`;
  });
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'metrics.md'), 'utf8').split('\n');
  expect(page.filter((line) => line.startsWith('| `') && / (counter|gauge|histogram) /.test(line))).toEqual(
    rows,
  );
});

it('is in production for this machine and for services, and for nobody whom a proxy passed on', async () => {
  const key = 'a-service-key-of-32-characters-or-more';
  await using service = await startTestService({ NODE_ENV: 'production', SERVICE_KEYS: key });
  const passedOn = { 'x-forwarded-for': '203.0.113.9' };
  expect((await read(service.url)).status).toBe(200);
  expect((await read(service.url, passedOn)).status).toBe(401);
  expect((await read(service.url, { ...passedOn, authorization: `Bearer ${key}` })).status).toBe(200);
});
