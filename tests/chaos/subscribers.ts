import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import { subscriptionExchange, Client as UrqlClient } from 'urql';
import { WebSocket } from 'ws';
import { resumeLink } from '../../clients/apollo-client';
import { comingBack, createResumingClient } from '../../clients/graphql-ws';
import { resuming } from '../../clients/urql';
import { socketUrl } from '../helpers/clients';
import type { Story, ToldUpdate } from './history';

/** @param repeats how often the name is selected once more, to make updates as large as a test needs them */
const queryOf = (repeats: number) => `subscription Story($roomId: ID!, $after: Cursor, $named: Boolean!) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) {
    action roomId userId participantCount cursor userPresent reason
    participant {
      id userId status name @include(if: $named)
      ${Array.from({ length: repeats }, (_, n) => `name${n}: name`).join(' ')}
    }
    participants { id userId }
  }
}`;

/** Ends a subscription and its connection. */
export type Leave = () => void;

/** Comes back soon: a test has no minutes to wait, and the rest is as the helpers have it. */
const options = (url: string, { absences }: Story) => {
  let lostAt: number | undefined;
  return {
    ...comingBack,
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    retryWait: () => new Promise<void>((resolve) => setTimeout(resolve, 5 + Math.random() * 20)),
    keepAlive: 2_000,
    on: {
      closed: () => {
        lostAt ??= performance.now();
      },
      connected: () => {
        if (lostAt !== undefined) absences.push(performance.now() - lostAt);
        lostAt = undefined;
      },
    },
  };
};

/** A client whose connection was cut while it said good-bye has gone all the same. */
async function dispose(client: { dispose: () => void | Promise<void> }): Promise<void> {
  await Promise.resolve(client.dispose()).catch(() => undefined);
}

type Result = { data?: { participantUpdates: ToldUpdate } | null; errors?: unknown; error?: unknown };

const listen = (story: Story) => ({
  next: ({ data, errors, error }: Result) => {
    if (errors ?? error) story.failure = errors ?? error;
    if (data) story.told.push(data.participantUpdates);
  },
  error: (error: unknown) => {
    if (!story.isOver) story.failure = String(error);
  },
  complete: () => {
    if (!story.isOver) story.failure = 'completed';
  },
});

const variablesOf = ({ roomId, after, named }: Story) => ({ roomId, named, ...(after && { after }) });

function watchWithGraphQLWs(url: string, story: Story, repeats: number): Leave {
  const client = createResumingClient(options(url, story));
  const unsubscribe = client.subscribe<{ participantUpdates: ToldUpdate }>(
    { query: queryOf(repeats), variables: variablesOf(story) },
    listen(story),
  );
  return () => {
    unsubscribe();
    void dispose(client);
  };
}

function watchWithApollo(url: string, story: Story, repeats: number): Leave {
  const ws = createClient(options(url, story));
  const link = ApolloLink.from([resumeLink, new GraphQLWsLink(ws)]);
  // Nothing is kept: what is told is told to the story.
  const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: {} });
  const watched = client
    .subscribe<{ participantUpdates: ToldUpdate }>({
      query: gql(queryOf(repeats)),
      variables: variablesOf(story),
      fetchPolicy: 'no-cache',
    })
    .subscribe(listen(story) as never);
  return () => {
    watched.unsubscribe();
    client.stop();
    void dispose(ws);
  };
}

function watchWithUrql(url: string, story: Story, repeats: number): Leave {
  const ws = createClient(options(url, story));
  const client = new UrqlClient({
    url: 'http://127.0.0.1/never-asked',
    preferGetMethod: false,
    exchanges: [subscriptionExchange({ forwardSubscription: resuming(ws) })],
  });
  const { next } = listen(story);
  const { unsubscribe } = client.subscription(queryOf(repeats), variablesOf(story)).subscribe(next);
  return () => {
    unsubscribe();
    void dispose(ws);
  };
}

/** Each as its own front end would: with the helper of `clients/` for it. */
export const watchers = [watchWithGraphQLWs, watchWithApollo, watchWithUrql] as const;
