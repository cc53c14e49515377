import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { socketUrl } from './clients';

/** One GraphQL operation, as text. */
export interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

/** What somebody shows, as the value of `Authorization`; undefined for nothing. */
export type Shown = string | undefined;

/** The code of the first error, or `ok`: what a door made of what was asked. */
type Outcome = string;

export interface Answered {
  readonly outcome: Outcome;
  /** The HTTP status, or the close code of a socket that was closed instead of answered. */
  readonly status?: number;
  readonly data?: Record<string, unknown> | null | undefined;
}

interface Result {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  /** Of a request that never reached GraphQL. */
  readonly error?: { readonly code: string };
}

/** A way to ask GraphQL something and get the first result. */
export type GraphQLDoor = (url: string, shown: Shown, asked: Asked) => Promise<Answered>;

const authorization = (shown: Shown): Record<string, string> => (shown ? { authorization: shown } : {});

export const overHttp: GraphQLDoor = async (url, shown, asked) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...authorization(shown),
    },
    body: JSON.stringify(asked),
  });
  return answered((await response.json()) as Result, response.status);
};

/** By a stock client of graphql-ws, on a socket of its own. */
export const overSocket: GraphQLDoor = (url, shown, asked) => {
  const client = createClient({
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: authorization(shown),
  });
  return new Promise((resolve) => {
    const settle = (answer: Answered) => {
      resolve(answer);
      void client.dispose();
    };
    client.subscribe<Record<string, unknown>>(asked, {
      next: (result) => settle(answered(result as Result)),
      error: (error) => settle(closed(error)),
      complete: () => settle({ outcome: 'ok' }),
    });
  });
};

/** The distinct connections mode of GraphQL over SSE. */
export const overSse: GraphQLDoor = (url, shown, asked) =>
  firstPiece(`${url}/graphql/stream`, { ...authorization(shown), accept: 'text/event-stream' }, asked);

/** Apollo's multipart subscriptions. */
export const overMultipart: GraphQLDoor = (url, shown, asked) =>
  firstPiece(
    `${url}/graphql`,
    { ...authorization(shown), accept: 'multipart/mixed;subscriptionSpec="1.0", application/json' },
    asked,
  );

/** Reads a response that may never end until the first result is in it. */
async function firstPiece(url: string, headers: Record<string, string>, asked: Asked): Promise<Answered> {
  const gone = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(asked),
    signal: gone.signal,
  });
  let text = '';
  try {
    if (!response.body) return { outcome: 'nothing', status: response.status };
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const found = /\{[^\n]*"(?:data|errors|error)"[^\n]*\}/.exec(text);
      if (!found) continue;
      const { payload, ...whole } = JSON.parse(found[0]);
      return answered(payload ?? whole, response.status);
    }
    return { outcome: text.includes('event: complete') ? 'ok' : `nothing: ${text}`, status: response.status };
  } finally {
    gone.abort();
  }
}

export interface RestAnswer extends Answered {
  readonly body: Record<string, unknown>;
}

/** One call of the REST door. */
export async function overRest(
  url: string,
  shown: Shown,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<RestAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...authorization(shown) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown> & { error?: { code: string } };
  return { outcome: answer.error?.code ?? 'ok', status: response.status, body: answer };
}

function answered({ data, errors, error }: Result, status?: number): Answered {
  return {
    outcome: error?.code ?? errors?.[0]?.extensions?.code ?? (errors ? 'uncoded' : 'ok'),
    data,
    ...(status && { status }),
  };
}

function closed(error: unknown): Answered {
  if (Array.isArray(error)) return answered({ errors: error });
  if (error !== null && typeof error === 'object' && 'code' in error) {
    return { outcome: `closed ${error.code}`, status: Number(error.code) };
  }
  return { outcome: String(error) };
}
