import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config';
import { type Finding, Health, type HealthCheck, type Readiness } from '../observability/health';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Rooms } from '../rooms';
import type { Traces } from '../spans';
import { answerBrokenRequests } from './broken-requests';
import { type DescribeError, describeErrorsTo } from './describe-error';
import { Drain, type DrainPhase, phases } from './drain';
import { openApollo } from './graphql/apollo';
import type { MakeContext } from './graphql/context';
import { Operations } from './graphql/operation';
import { buildGraphQLSchema } from './graphql/schema';
import { shortWay } from './graphql/short-way';
import { type GraphQLSockets, openGraphQLSockets } from './graphql/websocket';
import { buildHttpApp } from './http-app';
import { HttpConnections } from './http-connections';
import { Crowds } from './logins/crowds';
import { openIdentities } from './logins/identity';
import { OpenStreams } from './open-streams';
import { isHostAllowed, type OriginRules } from './origins';
import { warnOfRefusedOrigins } from './refused-origins';
import { routeUpgrades } from './socket-upgrades';
import { traceRequests } from './traced-requests';
import { openRawSockets, type RawSockets } from './websocket/raw-sockets';

export interface DoorsParts {
  readonly rooms: Rooms;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly healthChecks: Readonly<Record<string, HealthCheck>>;
  readonly now: () => Date;
  /** Undefined while traces are off. */
  readonly traces?: Traces | undefined;
}

/** The doors, open. */
export interface Doors {
  /** Where they are, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What `/readyz` answers. */
  readiness(): Promise<Readiness>;
  /** Tells that this process goes, and serves on until balancers have noticed. */
  leave(): Promise<void>;
  /** Stops hearing: refuses what is new, sends sockets away to come back, finishes what is under way. */
  close(): Promise<void>;
}

/** Opens every door on one port. `config.port` 0 lets the system choose. */
export async function openDoors(
  config: Config,
  { rooms, logger, metrics, healthChecks, now, traces }: DoorsParts,
): Promise<Doors> {
  const { production, limits, access } = config;
  const rules = originRulesOf(config);
  const warnOfOrigin = warnOfRefusedOrigins(logger);
  const describe = describeErrorsTo(logger, (code) => metrics.count('errors_total', { code }));
  const describeGraphQL: DescribeError = (error, requestId) => {
    const body = describe(error, requestId);
    metrics.count('graphql_errors_total', { code: body.code });
    return body;
  };
  const schema = await buildGraphQLSchema();
  const identities = openIdentities(access, { now, limits, logins: rooms.logins });
  // The parts of rooms are inherited: every subscription keeps a context of its own.
  const context: MakeContext = (caller, requestId) =>
    Object.assign(Object.create(rooms), { caller, requestId, relay: undefined });
  // Its own copy: Apollo Server puts instruments into every resolver of its schema.
  const apollo = await openApollo({
    schema: await buildGraphQLSchema(),
    production,
    limits,
    describe: describeGraphQL,
    meter: metrics,
  });
  const operations = new Operations({
    schema,
    production,
    limits,
    describe: describeGraphQL,
    context,
    meter: metrics,
    traces,
  });
  const sockets = openGraphQLSockets({
    operations,
    identities,
    ...limits,
    pingSeconds: config.pingSeconds,
    queueAtMost: limits.queue,
    stallSeconds: config.stallSeconds,
    meter: metrics,
    logger,
    report: (error, where) => logger.warn({ err: error, where }, 'a socket failed'),
  });

  const rawSockets = openRawSockets({
    rooms,
    identities,
    describe,
    ...limits,
    roomsPerSocket: limits.subscriptionsPerSocket,
    pingSeconds: config.pingSeconds,
    stallSeconds: config.stallSeconds,
    meter: metrics,
    traces,
    logger,
    report: (error, where) => logger.warn({ err: error, where }, 'a socket failed'),
  });
  const isFull = () => sockets.count + rawSockets.count + streams.count >= limits.sockets;
  const addresses = new Crowds(limits.socketsPerAddress);
  const streams = new OpenStreams({ ...config, isFull, identities, addresses, meter: metrics });

  const counted = { graphql: sockets, raw: rawSockets };
  metrics.read('open_connections', () => countsOf({ ...counted, stream: streams }));
  metrics.read('ws_connections', () => countsOf(counted));
  metrics.read('drain_phase', () => phases.indexOf(drain.phase));

  const health = new Health(healthChecks, () => ({ drain: drainFinding(drain.phase) }));
  metrics.read('readiness_check', () => health.severities());
  const app = buildHttpApp(config, {
    apollo,
    operations,
    identities,
    context,
    rooms,
    streams,
    rules,
    warnOfOrigin,
    describe,
    health,
    metrics,
    logger,
  });
  const short = { operations, identities, describe: describeGraphQL, meter: metrics, logger, traces };
  const isAllowed = (host: string | undefined) => isHostAllowed(host, rules);
  const answer = shortWay({ ...short, ...limits, isHostAllowed: isAllowed }, app);
  const server = createServer(timeouts(limits), traces ? traceRequests(traces, answer) : answer);
  answerBrokenRequests(server);
  const drain = new Drain(new HttpConnections(server), [sockets, rawSockets, streams], config.drain);
  const doors = new Map<string, GraphQLSockets | RawSockets>([
    ['/graphql', sockets],
    ['/', rawSockets],
  ]);
  const isClosing = () => drain.phase === 'closing';
  server.on('upgrade', routeUpgrades({ doors, rules, warnOfOrigin, addresses, isFull, isClosing }));
  await listen(server, config);

  return {
    url: urlOf(server, config.host),
    readiness: () => health.readiness(),
    leave: () => drain.leave(),
    close: async () => {
      await drain.close();
      await apollo.stop();
    },
  };
}

/** The address cannot be listened on. The message names the variable to change. */
class AddressUnusable extends Error {
  override readonly name = 'AddressUnusable';
}

async function listen(server: Server, { host, port }: Config): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new AddressUnusable(
        `PORT ${port} of ${host} is in use by another program: stop it, or choose another port. Example: PORT=${port + 1}`,
      );
    }
    const complaint = `Cannot listen on HOST ${host}, PORT ${port}: ${(error as Error).message}.`;
    throw new AddressUnusable(`${complaint} Example: HOST=127.0.0.1 PORT=3000`);
  }
}

/** A connection that sends nothing, or no end of something, is looked for every second and hung up on. */
function timeouts({ headerSeconds, requestSeconds }: Config['limits']) {
  return {
    headersTimeout: headerSeconds * 1_000,
    requestTimeout: Math.max(headerSeconds, requestSeconds) * 1_000,
    connectionsCheckingInterval: 1_000,
  };
}

function drainFinding(phase: DrainPhase): Finding {
  if (phase === 'serving') return { status: 'ok' };
  return { status: 'failed', message: 'This process is going; send requests to another.' };
}

function countsOf(doors: Readonly<Record<string, { readonly count: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(doors).map(([kind, { count }]) => [kind, count]));
}

function originRulesOf({ corsOrigins, production, host, access }: Config): OriginRules {
  return { listed: corsOrigins, production, host, isOpen: access.mode === 'open' };
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
