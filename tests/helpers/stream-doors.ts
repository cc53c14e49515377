import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { socketUrl } from './clients';
import { Collected } from './collected';
import { RawSocket } from './raw-socket';

/** Somebody who watches a room through one door: the users whom it told of, and how it ended. */
export interface Watcher {
  readonly told: Collected<string>;
  /** The last cursor. */
  readonly cursor: () => string | undefined;
  readonly ended: Promise<string>;
  readonly stop: () => void;
}

export type StreamDoor = (url: string, shown: string, roomId: string, after?: string) => Watcher;

const query = (own: string) => `subscription ($roomId: ID!, $after: Cursor) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) { ${own} action userId cursor }
}`;
/** Watchers who select alike are told by one execution; a field that differs by the caller would give each their own. */
const shared = query('');

export const bySocket: StreamDoor = (url, shown, roomId, after) => {
  const told = new Collected<string>();
  let cursor: string | undefined;
  const client = createClient({
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: shown },
  });
  const ended = new Promise<string>((resolve) => {
    client.subscribe<{ participantUpdates: { userId: string | null; action: string; cursor: string } }>(
      { query: shared, variables: { roomId, after } },
      {
        next: ({ data, errors }) => {
          if (errors) resolve(String(errors[0]?.extensions?.['code']));
          const update = data?.participantUpdates;
          cursor = update?.cursor ?? cursor;
          if (update) told.add(update.userId ?? update.action);
        },
        error: (error) =>
          resolve(error instanceof Error ? error.message : `closed ${(error as CloseEvent).code}`),
        complete: () => resolve('completed'),
      },
    );
  });
  return { told, cursor: () => cursor, ended, stop: () => void client.dispose() };
};

/** Any response that goes on: what it tells is found by its userId and cursor members. */
function byHttp(
  path: (roomId: string, after?: string) => string,
  init: (roomId: string, after?: string) => RequestInit,
): StreamDoor {
  return (url, shown, roomId, after) => {
    const told = new Collected<string>();
    const stop = new AbortController();
    let cursor: string | undefined;
    const read = async (): Promise<string> => {
      const { headers, ...rest } = init(roomId, after);
      const response = await fetch(`${url}${path(roomId, after)}`, {
        ...rest,
        headers: { ...headers, authorization: shown },
        signal: stop.signal,
      });
      if (!response.ok) return `refused ${response.status}`;
      let text = '';
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += piece;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const error = /"code":"(\w+)"/.exec(line)?.[1];
          if (error) return error;
          cursor = /"cursor":"([^"]+)"/.exec(line)?.[1] ?? cursor;
          const action = /"action":"(\w+)"/.exec(line)?.[1];
          const userId = /"userId":"([^"]+)"/.exec(line)?.[1];
          // The first userId of a snapshot is that of somebody who is there.
          const isMarker = action !== undefined && /^snapshot$/i.test(action);
          if (action) told.add(isMarker || !userId ? action.toUpperCase() : userId);
        }
      }
      return 'completed';
    };
    const ended = read().catch(() => 'cut');
    return { told, cursor: () => cursor, ended, stop: () => stop.abort() };
  };
}

const json = { 'content-type': 'application/json' };
const graphql = (headers: Record<string, string>) => (roomId: string, after?: string) => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body: JSON.stringify({ query: shared, variables: { roomId, after } }),
});

/** Every door that goes on telling. */
export const streamDoors: Readonly<Record<string, StreamDoor>> = {
  'graphql-ws': bySocket,
  'GraphQL over SSE': byHttp(() => '/graphql/stream', graphql({ accept: 'text/event-stream' })),
  'multipart subscriptions': byHttp(
    () => '/graphql',
    graphql({ accept: 'multipart/mixed;subscriptionSpec="1.0", application/json' }),
  ),
  'the event stream of REST': byHttp(
    (roomId, after) => `/rooms/${roomId}/updates?${after ? `after=${after}` : 'snapshot=true'}`,
    () => ({ headers: { accept: 'text/event-stream' } }),
  ),
  'the raw WebSocket': (url, shown, roomId) => {
    const told = new Collected<string>();
    let cursor: string | undefined;
    let over = (_how: string): void => undefined;
    const ended = new Promise<string>((resolve) => {
      over = resolve;
    });
    const opened = RawSocket.open(url);
    void opened.then(async (raw) => {
      void raw.closed.then(({ code }) => over(`closed ${code}`));
      raw.socket.on('message', (data) => {
        const frame = JSON.parse(String(data));
        cursor = frame.data.cursor ?? cursor;
        if (frame.event === 'authenticated') raw.send('watch', { roomId });
        if (frame.event === 'update') told.add(frame.data.userId);
        if (frame.event === 'error') over(frame.data.code);
      });
      raw.send('auth', { token: shown.replace('Bearer ', '') });
      told.add('SNAPSHOT');
    });
    return { told, cursor: () => cursor, ended, stop: () => void opened.then((raw) => raw.socket.close()) };
  },
};

/** How a door says that the login is over. */
export const loginOver = (door: string) => (/-ws|raw/.test(door) ? 'closed 4403' : 'cut');
/** How a door says that the room may no longer be watched. */
export const roomOver = (door: string) => (door === 'the event stream of REST' ? 'cut' : 'ROOM_NOT_FOUND');

/** How long a test waits for the end of a stream before it fails, in milliseconds. */
const END_WITHIN_MS = 10_000;

/** How a stream ended. Rejects for one that goes on, with what it delivered: a stream without an end would hang its test. */
export async function endOf({ ended, told }: Watcher): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const explain = () =>
      reject(new Error(`the stream has not ended; it delivered: ${told.items.join(', ')}`));
    timer = setTimeout(explain, END_WITHIN_MS);
  });
  return Promise.race([ended, tooLong]).finally(() => clearTimeout(timer));
}
