import { CreateRoomDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { startTestService } from '../helpers/service';
import { watchWithGraphQLWs } from '../helpers/watching';

async function figures(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/metrics`, { headers });
  return { status: response.status, text: await response.text() };
}

/** The value of one line, labels and all. */
function figureOf(text: string, line: string): number {
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? Number.NaN : Number(found.slice(line.length));
}

it('counts answers by door and status, errors by code, and what is open and watched', async () => {
  await using service = await startTestService();
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  await post(url, CreateRoomDocument, { input: { name: '' } });
  await fetch(`${url}/rooms/nobody-knows-this-one`);
  using watching = watchWithGraphQLWs(url, { roomId: data.createRoom.id, snapshot: true });
  await watching.atLeast(1);

  const { status, text } = await figures(url);
  expect(status).toBe(200);
  expect(figureOf(text, 'http_requests_total{door="graphql",status="200"}')).toBe(2);
  expect(figureOf(text, 'http_requests_total{door="rest",status="404"}')).toBe(1);
  expect(figureOf(text, 'errors_total{code="BAD_USER_INPUT"}')).toBe(1);
  expect(figureOf(text, 'open_connections{kind="graphql"}')).toBe(1);
  expect(figureOf(text, 'watched_rooms')).toBe(1);
  expect(figureOf(text, 'inbox_pending')).toBe(0);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

it('gives callers no way to add a label', async () => {
  await using service = await startTestService();
  for (const path of ['/rooms/a-room-of-mine', '/graphql/x', '/anything?at=all'])
    await fetch(service.url + path);
  const { text } = await figures(service.url);
  expect(text).not.toMatch(/a-room-of-mine|anything/);
});

it('is in production for this machine and for services, and for nobody whom a proxy passed on', async () => {
  const key = 'a-service-key-of-32-characters-or-more';
  await using service = await startTestService({ NODE_ENV: 'production', SERVICE_KEYS: key });
  const passedOn = { 'x-forwarded-for': '203.0.113.9' };
  expect((await figures(service.url)).status).toBe(200);
  expect((await figures(service.url, passedOn)).status).toBe(401);
  expect((await figures(service.url, { ...passedOn, authorization: `Bearer ${key}` })).status).toBe(200);
});
