import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '../config';
import { checkReadiness, type HealthCheck } from '../observability/health';
import type { Rooms } from '../rooms';
import { allowOrigins, refuseForeignHosts } from './browsers';
import type { DescribeError } from './describe-error';
import type { RequestContext } from './graphql/context';
import { explorer } from './graphql/explorer';
import { answerErrors, methodNotAllowed, notFound } from './json-errors';
import type { OriginRules } from './origins';
import { requestId, withRequestId } from './request-id';
import { webhookDoor } from './webhooks/webhook-door';

export interface HttpAppParts {
  readonly apollo: ApolloServer<RequestContext>;
  readonly context: (requestId: string) => RequestContext;
  readonly inbox: Rooms['inbox'];
  readonly rules: OriginRules;
  readonly describe: DescribeError;
  readonly healthChecks: Readonly<Record<string, HealthCheck>>;
}

const LARGEST_BODY = 100 * 1_024;

/** What answers HTTP requests, in the order in which they are asked: id, health, host, origin, doors, then refusals. */
export function buildHttpApp(config: Config, parts: HttpAppParts): Express {
  const { apollo, context, inbox, rules, describe, healthChecks } = parts;
  const app = express().disable('x-powered-by').disable('etag');
  app.use(withRequestId);
  app.get('/livez', (_request, response) => {
    response.json({ live: true });
  });
  app.get('/readyz', answerReadiness(healthChecks));
  if (config.access.mode === 'open') app.use(refuseForeignHosts(rules));
  app.use(allowOrigins(rules));
  app.use(webhookDoor({ ...config.webhook, inbox, open: config.access.mode === 'open' }));
  if (!config.production) app.use(explorer());
  const graphql = expressMiddleware(apollo, { context: async () => context(requestId()) });
  app
    .route('/graphql')
    .get(express.json(), graphql)
    .post(express.json({ limit: LARGEST_BODY }), graphql);
  app.all('/graphql', methodNotAllowed('GET', 'POST'));
  app.use(notFound);
  app.use(answerErrors(describe));
  return app;
}

function answerReadiness(checks: HttpAppParts['healthChecks']): RequestHandler {
  return async (_request, response) => {
    const readiness = await checkReadiness(checks);
    response.status(readiness.ready ? 200 : 503).json(readiness);
  };
}
