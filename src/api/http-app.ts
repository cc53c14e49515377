import type { ApolloServer } from '@apollo/server';
import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '../config';
import type { Health } from '../observability/health';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Rooms } from '../rooms';
import { allowOrigins, refuseCrossSite, refuseForeignHosts } from './browsers';
import type { DescribeError } from './describe-error';
import { descriptionsDoor } from './descriptions/descriptions-door';
import type { MakeContext, RequestContext } from './graphql/context';
import { explorer } from './graphql/explorer';
import { graphqlOverHttp } from './graphql/http-door';
import type { Operations } from './graphql/operation';
import { graphqlOverSse } from './graphql/sse';
import { answerErrors, methodNotAllowed, notFound } from './json-errors';
import type { Identities } from './logins/identity';
import { countAnswers, metricsDoor } from './metrics-door';
import type { OpenStreams } from './open-streams';
import type { OriginRules } from './origins';
import type { WarnOfOrigin } from './refused-origins';
import { withRequestId } from './request-id';
import { restDoor } from './rest/rest-door';
import { securityHeaders } from './security-headers';
import { webhookDoor } from './webhooks/webhook-door';

export interface HttpAppParts {
  readonly apollo: ApolloServer<RequestContext>;
  readonly operations: Operations;
  readonly identities: Identities;
  readonly context: MakeContext;
  readonly rooms: Rooms;
  readonly streams: OpenStreams;
  readonly rules: OriginRules;
  readonly warnOfOrigin: WarnOfOrigin;
  readonly describe: DescribeError;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** What answers HTTP requests, in the order in which they are asked: id, health, host, origin, doors, then refusals. */
export function buildHttpApp(config: Config, parts: HttpAppParts): Express {
  const {
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
  } = parts;
  const { bodyBytes } = config.limits;
  const app = express().disable('x-powered-by').disable('etag');
  app.use(withRequestId, securityHeaders);
  app.use(countAnswers(metrics, { secretHeader: config.webhook.header, logger: parts.logger }));
  app.get('/livez', (_request, response) => {
    response.json({ live: true });
  });
  app.get('/readyz', answerReadiness(health));
  app.all(['/livez', '/readyz'], methodNotAllowed('GET', 'HEAD'));
  app.use(refuseForeignHosts(rules));
  app.use(metricsDoor({ metrics, identities, readers: config.metrics }));
  app.use(allowOrigins(rules, warnOfOrigin));
  app.use(refuseCrossSite(rules));
  app.use(
    webhookDoor({
      ...config.webhook,
      inbox: rooms.inbox,
      meter: metrics,
      open: config.access.mode === 'open',
    }),
  );
  app.use(explorer({ production: config.production, needsLogin: config.access.mode === 'logins' }));
  app.use(graphqlOverHttp({ apollo, identities, context, describe, operations, streams, bodyBytes }));
  app.use(graphqlOverSse({ operations, identities, streams, ...config.limits }));
  app.use(restDoor({ ...rooms, identities, streams, bodyBytes, meter: metrics }));
  app.use(descriptionsDoor(config));
  app.use(notFound);
  app.use(answerErrors(describe));
  return app;
}

function answerReadiness(health: Health): RequestHandler {
  return async (_request, response) => {
    const readiness = await health.readiness();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  };
}
