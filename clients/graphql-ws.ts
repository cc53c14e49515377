import { type Client, type ClientOptions, createClient } from 'graphql-ws';

/**
 * Options with which a graphql-ws client comes back after every deploy. By default it gives up for good on a refused
 * connection, which each deploy has for a moment. Waits up to 10 s between attempts, at random, so that not all come at once.
 */
export const comingBack = {
  shouldRetry: () => true,
  retryAttempts: Number.MAX_SAFE_INTEGER,
  retryWait: (retries) =>
    new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(10_000, 250 * 2 ** retries))),
} as const satisfies Partial<ClientOptions>;

/**
 * A graphql-ws client whose subscriptions continue where they were when the connection is back: nothing missed, nothing twice.
 * For queries that take `$after: Cursor` and select `cursor`; others pass through unchanged.
 */
export function createResumingClient(options: ClientOptions): Client {
  const client = createClient({ ...comingBack, ...options });
  const subscribe: Client['subscribe'] = (payload, sink) => {
    // graphql-ws sends this very object again when it reconnects.
    const variables = { ...payload.variables };
    const next: typeof sink.next = (result) => {
      const [update] = Object.values(result.data ?? {}) as { cursor?: string }[];
      if (update?.cursor) Object.assign(variables, { after: update.cursor });
      sink.next(result);
    };
    return client.subscribe(
      { ...payload, variables },
      { ...sink, next, error: sink.error.bind(sink), complete: sink.complete.bind(sink) },
    );
  };
  return { ...client, subscribe };
}
