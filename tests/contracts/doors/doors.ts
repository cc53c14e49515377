import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { type ExecutionResult, print } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import type { ErrorBody } from '../../../src/errors';
import { WatchRoomDocument, type WatchRoomSubscription } from '../../generated/operations';
import type { components } from '../../generated/rest';
import { openRestClient, openWsClient } from '../../helpers/clients';
import { eventsOf } from '../../helpers/event-stream';
import { RawSocket } from '../../helpers/raw-socket';
import { Refused, toldOf, Watcher } from './told';

/** What is asked of a door: the updates of a room after a place, begun anew with a snapshot where that is gone. */
interface WatchRequest {
  readonly roomId: string;
  readonly after: string;
}

/** A way to the updates of a room: from the address of the service to what it tells. */
export type Door = (url: string, request: WatchRequest) => Watcher;

type Result = ExecutionResult<WatchRoomSubscription>;
type Update = components['schemas']['Update'];

/** Every door that tells updates, by a stock client of its kind where there is one. */
export const doors: Readonly<Record<string, Door>> = {
  'graphql-ws': (url, request) =>
    Watcher.begin(async (watcher) => {
      const client = openWsClient(url);
      const results = client.iterate<WatchRoomSubscription>(operationOf(request));
      watcher.signal.addEventListener('abort', () => void results.return?.());
      for await (const result of results) tellResult(watcher, result as Result);
      await client.dispose();
    }),
  'GraphQL over SSE, distinct connections': (url, request) => overSse(url, request, false),
  'GraphQL over SSE, a single connection': (url, request) => overSse(url, request, true),
  'multipart subscriptions of Apollo Client': (url, request) =>
    Watcher.begin(
      (watcher) =>
        new Promise((resolve, reject) => {
          const link = new HttpLink({ uri: `${url}/graphql` });
          const client = new ApolloClient({ link, cache: new InMemoryCache() });
          const subscription = client
            .subscribe({ query: WatchRoomDocument, variables: { ...request, snapshot: true } })
            .subscribe({
              next: ({ data, error }) =>
                data ? watcher.add(toldOf(data.participantUpdates)) : reject(refusedBy(error)),
              error: reject,
              complete: resolve,
            });
          watcher.signal.addEventListener('abort', () => {
            subscription.unsubscribe();
            client.stop();
            resolve();
          });
        }),
    ),
  'long polls of REST': (url, { roomId, after: start }) =>
    Watcher.begin(async (watcher) => {
      const rest = openRestClient(url);
      for (let after = start; !watcher.signal.aborted; ) {
        const { data, error } = await rest.GET('/rooms/{roomId}/updates', {
          params: { path: { roomId }, query: { after, snapshot: true, wait: 30 } },
          signal: watcher.signal,
        });
        if (error) throw new Refused(error.error);
        const page = data as components['schemas']['UpdatePage'];
        for (const update of page.updates) watcher.add(toldOf(update));
        if (page.updates.at(-1)?.action === 'room_closed') return;
        after = page.cursor;
      }
    }),
  'the event stream of REST': (url, { roomId, after }) =>
    Watcher.begin(async (watcher) => {
      const response = await fetch(`${url}/rooms/${roomId}/updates?snapshot=true`, {
        headers: { accept: 'text/event-stream', 'last-event-id': after },
        signal: watcher.signal,
      });
      if (!response.ok) throw new Refused(((await response.json()) as { error: ErrorBody }).error);
      for await (const { data } of eventsOf(response)) watcher.add(toldOf(JSON.parse(data) as Update));
    }),
  'the raw WebSocket': (url, request) =>
    Watcher.begin(async (watcher) => {
      const socket = await RawSocket.open(url);
      const over = new Promise<void>((resolve, reject) => {
        socket.frames.each(({ event, data }) => {
          if (event === 'error') reject(new Refused(data));
          else if (event === 'update') watcher.add(toldOf(data));
          else if (event === 'snapshot') watcher.add({ ...data, action: 'SNAPSHOT', userId: null });
          else if (event === 'closed') {
            watcher.add({ cursor: data.cursor, action: 'ROOM_CLOSED', userId: null });
            resolve();
          }
        });
        watcher.signal.addEventListener('abort', () => resolve());
      });
      socket.send('watch', request);
      await over.finally(() => socket[Symbol.asyncDispose]());
    }),
};

function overSse(url: string, request: WatchRequest, singleConnection: boolean): Watcher {
  return Watcher.begin(async (watcher) => {
    const client = createSseClient<boolean>({ url: `${url}/graphql/stream`, singleConnection });
    const results = client.iterate<WatchRoomSubscription>(operationOf(request));
    watcher.signal.addEventListener('abort', () => void results.return?.());
    for await (const result of results) tellResult(watcher, result as Result);
    client.dispose();
  });
}

function operationOf(request: WatchRequest) {
  return { query: print(WatchRoomDocument), variables: { ...request, snapshot: true } };
}

function tellResult(watcher: Watcher, { data, errors }: Result): void {
  if (!data) throw refusedBy({ errors });
  watcher.add(toldOf(data.participantUpdates));
}

function refusedBy(error: unknown): unknown {
  const first = (error as { errors?: Result['errors'] } | undefined)?.errors?.[0];
  return first ? new Refused({ message: first.message, ...first.extensions } as unknown as ErrorBody) : error;
}
