import type { ApolloClient } from '@apollo/client';
import { print } from 'graphql';
import type { Client as WsClient } from 'graphql-ws';
import type { Client as UrqlClient } from 'urql';
import {
  WatchRoomDocument,
  type WatchRoomSubscription,
  type WatchRoomSubscriptionVariables,
} from '../generated/operations';
import { openApolloClient, openUrqlClient, openWsClient } from './clients';
import { Collected } from './collected';

export type Update = WatchRoomSubscription['participantUpdates'];

/** One subscription of a stock client: what it has heard, and the way to end it. */
export class Watching extends Collected<Update> implements Disposable {
  constructor(private readonly stop: () => void) {
    super();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** The clients that front ends use, each subscribing as its own documentation shows. */
export const stockClients = [
  ['Apollo Client', watchWithApollo],
  ['urql', watchWithUrql],
  ['graphql-ws', watchWithGraphQLWs],
] as const;

function watchWithApollo(url: string, variables: WatchRoomSubscriptionVariables): Watching {
  const client: ApolloClient & AsyncDisposable = openApolloClient(url);
  const subscription = client.subscribe({ query: WatchRoomDocument, variables }).subscribe({
    next: ({ data, error }) => {
      if (error) watching.fail(error);
      else if (data) watching.add(data.participantUpdates);
    },
    error: (error) => watching.fail(error),
    complete: () => watching.end(),
  });
  const watching: Watching = new Watching(() => {
    subscription.unsubscribe();
    void client[Symbol.asyncDispose]();
  });
  return watching;
}

function watchWithUrql(url: string, variables: WatchRoomSubscriptionVariables): Watching {
  const client: UrqlClient & AsyncDisposable = openUrqlClient(url);
  const { unsubscribe } = client.subscription(WatchRoomDocument, variables).subscribe(({ data, error }) => {
    if (error) watching.fail(error);
    else if (data) watching.add(data.participantUpdates);
  });
  const watching: Watching = new Watching(() => {
    unsubscribe();
    void client[Symbol.asyncDispose]();
  });
  return watching;
}

export function watchWithGraphQLWs(url: string, variables: WatchRoomSubscriptionVariables): Watching {
  const client: WsClient = openWsClient(url);
  const stop = client.subscribe<WatchRoomSubscription>(
    { query: print(WatchRoomDocument), variables: { ...variables } },
    {
      next: ({ data, errors }) => {
        if (errors) watching.fail(errors);
        else if (data) watching.add(data.participantUpdates);
      },
      error: (error) => watching.fail(error),
      complete: () => watching.end(),
    },
  );
  const watching: Watching = new Watching(() => {
    stop();
    void client.dispose();
  });
  return watching;
}
