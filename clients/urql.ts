import type { Client } from 'graphql-ws';
import type { SubscriptionForwarder } from 'urql';

/**
 * What urql's `subscriptionExchange` forwards to a graphql-ws client: subscriptions that take `$after: Cursor` and select `cursor`
 * continue where they were when the connection is back. Create the client with the options `comingBack` of `./graphql-ws`.
 *
 * @example subscriptionExchange({ forwardSubscription: resuming(createClient({ url, ...comingBack })) })
 */
export function resuming(client: Client): SubscriptionForwarder {
  return ({ query = '', ...request }) => ({
    subscribe(sink) {
      // graphql-ws sends this very object again when it reconnects.
      const variables: Record<string, unknown> = { ...request.variables };
      const next: typeof sink.next = (result) => {
        const [update] = Object.values(result.data ?? {}) as { cursor?: string }[];
        if (update?.cursor) variables['after'] = update.cursor;
        sink.next(result);
      };
      const unsubscribe = client.subscribe({ ...request, query, variables }, { ...sink, next } as never);
      return { unsubscribe };
    },
  });
}
