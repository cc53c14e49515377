import { createClient, type ExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { socketUrl } from './clients';
import type { Asked } from './doors';
import { eventsOf } from './event-stream';

/** The first error of an operation's first result, and the codes of all; undefined where there is none. */
type FirstError = Record<'code' | 'message' | 'details' | 'codes', unknown> | undefined;
type Transport = (url: string, asked: Asked) => Promise<FirstError>;

const json = { 'content-type': 'application/json' };
const events = { accept: 'text/event-stream' };

function errorOf({ errors }: Pick<ExecutionResult, 'errors'>): FirstError {
  const [error] = errors ?? [];
  const codes = [...new Set(errors?.map(({ extensions }) => extensions?.['code']))];
  return (
    error && { codes, message: error.message, ...(error.extensions as { code: unknown; details: unknown }) }
  );
}

const byPost =
  (headers: Record<string, string>): Transport =>
  async (url, asked) => {
    const init = { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(asked) };
    return errorOf((await (await fetch(`${url}/graphql`, init)).json()) as ExecutionResult);
  };

const byGet: Transport = async (url, { query, variables }) => {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables ?? {}) });
  return errorOf((await (await fetch(`${url}/graphql?${search}`)).json()) as ExecutionResult);
};

const bySocket: Transport = (url, asked) => {
  const client = createClient({ url: socketUrl(url), webSocketImpl: WebSocket, retryAttempts: 0 });
  return new Promise((resolve, reject) => {
    const settle = (result: Pick<ExecutionResult, 'errors'>) => {
      resolve(errorOf(result));
      void client.dispose();
    };
    client.subscribe(asked, {
      next: (result) => settle(result as ExecutionResult),
      error: (error) => (Array.isArray(error) ? settle({ errors: error }) : reject(error)),
      complete: () => settle({}),
    });
  });
};

const byDistinctStream: Transport = async (url, asked) => {
  const gone = new AbortController();
  const init = { method: 'POST', headers: { ...json, ...events }, body: JSON.stringify(asked) };
  const response = await fetch(`${url}/graphql/stream`, { ...init, signal: gone.signal });
  for await (const { event, data } of eventsOf(response)) {
    gone.abort();
    return event === 'next' ? errorOf(JSON.parse(data)) : undefined;
  }
  return undefined;
};

const bySingleStream: Transport = async (url, asked) => {
  const gone = new AbortController();
  const place = `${url}/graphql/stream`;
  const token = await (await fetch(place, { method: 'PUT' })).text();
  const reserved = { 'x-graphql-event-stream-token': token };
  const stream = await fetch(place, { headers: { ...events, ...reserved }, signal: gone.signal });
  const body = JSON.stringify({ ...asked, extensions: { operationId: 'one' } });
  await fetch(place, { method: 'POST', headers: { ...json, ...reserved }, body });
  for await (const { event, data } of eventsOf(stream)) {
    gone.abort();
    return event === 'next' ? errorOf(JSON.parse(data).payload) : undefined;
  }
  return undefined;
};

const byMultipart: Transport = async (url, asked) => {
  const gone = new AbortController();
  const accept = 'multipart/mixed;subscriptionSpec="1.0", application/json';
  const init = { method: 'POST', headers: { ...json, accept }, body: JSON.stringify(asked) };
  const response = await fetch(`${url}/graphql`, { ...init, signal: gone.signal });
  let text = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    const result = /\{"payload":.*\}(?=\r\n--)/.exec(text) ?? /^\{"errors":.*\}\s*$/s.exec(text);
    if (!result) continue;
    gone.abort();
    const { payload, ...whole } = JSON.parse(result[0]);
    return errorOf(payload ?? whole);
  }
  return undefined;
};

/** Every way to send an operation to GraphQL. */
export const transports: Readonly<Record<string, Transport>> = {
  'plain POST': byPost({}),
  // A header that the fast path leaves to Apollo Server.
  'POST by a page': byPost({ 'sec-fetch-site': 'same-origin' }),
  GET: byGet,
  'graphql-ws': bySocket,
  'a distinct SSE stream': byDistinctStream,
  'a single SSE stream': bySingleStream,
  'multipart/mixed': byMultipart,
};
