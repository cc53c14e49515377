import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { CreateRoomDocument } from '../generated/operations';
import type { SeenSpan } from './collector';
import { authSecret, serviceKey } from './logins';
import { RawSocket } from './raw-socket';
import { endProcesses, type RunningProcess, startProcess } from './running-process';
import { databaseSettings } from './test-database';

export const webhookSecret = 'planted-webhook-secret';
export const collectorKey = 'planted-collector-key';
const program = join(__dirname, '..', '..', 'dist', 'main.js');
export const asService = { authorization: `Bearer ${serviceKey}` };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-traces-'));
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

/** What sends traces to a collector soon after they are made. */
export const sendingTo = (collector: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_HEADERS: `api-key=${collectorKey}`,
  OTEL_BSP_SCHEDULE_DELAY: '50',
});

/** Starts the built service in a directory of the test's own. */
export async function start(env: Record<string, string>): Promise<{ server: RunningProcess; url: string }> {
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

/** Executes an operation as a service, and expects no errors. */
export async function graphql<T>(
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
export async function onSocket(
  url: string,
  query: string,
  variables: Record<string, unknown>,
): Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: asService,
  });
  for await (const _answer of client.iterate({ query, variables }));
  await client.dispose();
}

/** Returns the id. */
export async function createRoom(url: string): Promise<string> {
  const { createRoom } = await graphql<{ createRoom: { id: string } }>(url, CreateRoomDocument, {
    input: { name: 'Stand-up' },
  });
  return createRoom.id;
}

/** Somebody who watches a room from now on. */
export async function watch(url: string, roomId: string): Promise<RawSocket> {
  const watcher = await RawSocket.open(url, { headers: asService });
  watcher.send('watch', { roomId });
  watcher.send('leave', { roomId, userId: 'nobody' });
  // Frames are acted on one after another: with the answer to the last one, the other is done.
  await watcher.nth('error', 1);
  return watcher;
}

/** Matches spans by their name. */
export const isOf = (name: string) => (span: SeenSpan) => span.name === name;

/** The span that caused this one. */
export function causeOf(span: SeenSpan, spans: readonly SeenSpan[]): SeenSpan | undefined {
  return spans.find(({ spanId }) => spanId === span.parentSpanId);
}
