import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type ExecutionResult, print } from 'graphql';
import { createClient as createWsClient, type Client as WsClient } from 'graphql-ws';
import createRestClient from 'openapi-fetch';
import { cacheExchange, fetchExchange, subscriptionExchange, Client as UrqlClient } from 'urql';
import { WebSocket } from 'ws';
import type { paths } from '../generated/rest';

/** The address of a door on the same server: `ws://…/graphql` for `http://…`. */
export function socketUrl(url: string): string {
  return `${url.replace(/^http/, 'ws')}/graphql`;
}

export function openWsClient(url: string): WsClient {
  return createWsClient({ url: socketUrl(url), webSocketImpl: WebSocket, lazy: true });
}

/** Apollo Client as its documentation sets it up: HTTP for queries, graphql-ws for subscriptions. */
export function openApolloClient(url: string): ApolloClient & AsyncDisposable {
  const ws = openWsClient(url);
  const isSubscription = ({ query }: ApolloLink.Operation) => {
    const main = getMainDefinition(query);
    return main.kind === 'OperationDefinition' && main.operation === 'subscription';
  };
  const link = ApolloLink.split(
    isSubscription,
    new GraphQLWsLink(ws),
    new HttpLink({ uri: `${url}/graphql` }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return Object.assign(client, {
    async [Symbol.asyncDispose]() {
      client.stop();
      await ws.dispose();
    },
  });
}

/** urql as its documentation sets it up, with the subscription exchange on graphql-ws. */
export function openUrqlClient(url: string): UrqlClient & AsyncDisposable {
  const ws = openWsClient(url);
  const client = new UrqlClient({
    url: `${url}/graphql`,
    preferGetMethod: false,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: ws.subscribe({ ...request, query: request.query ?? '' }, sink),
          }),
        }),
      }),
    ],
  });
  return Object.assign(client, { [Symbol.asyncDispose]: async () => ws.dispose() });
}

/** One operation by `fetch`, as anybody would write it. */
export async function post<Result, Variables>(
  url: string,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<ExecutionResult<Result> & { data: Result }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: print(document), variables }),
  });
  return (await response.json()) as ExecutionResult<Result> & { data: Result };
}

/** The typed client that openapi-typescript and openapi-fetch make of `/openapi.json`. */
export function openRestClient(url: string) {
  return createRestClient<paths>({ baseUrl: url });
}
