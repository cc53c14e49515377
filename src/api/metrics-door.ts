import { type Request, type RequestHandler, Router } from 'express';
import { isLoopback } from '../config';
import { AppError } from '../errors';
import type { Meter } from '../figures';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { methodNotAllowed } from './json-errors';
import { identityOf, requireLogin } from './logins/http-login';
import type { Identities } from './logins/identity';

export interface MetricsDoorParts {
  readonly metrics: Metrics;
  readonly identities: Identities;
  readonly production: boolean;
}

const PATH = '/metrics';

/** `GET /metrics`, in production for this machine and for services only. */
export function metricsDoor({ metrics, identities, production }: MetricsDoorParts): RequestHandler {
  const router = Router();
  if (production) router.get(PATH, unlessFromHere(requireLogin(identities)), unlessFromHere(onlyServices));
  router.get(PATH, async (_request, response) => {
    const text = await metrics.text();
    response.type(metrics.contentType).send(text);
  });
  router.all(PATH, methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Counts and writes down every answer, and how long it took, by the door it came through; of those who were not let in, whether they showed anything. */
export function countAnswers(
  meter: Meter,
  { secretHeader, logger }: { secretHeader: string; logger: Logger },
): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const door = doorOf(request.path);
    response.once('close', () => {
      const isStream = /event-stream|multipart/.test(String(response.getHeader('content-type') ?? ''));
      const { statusCode } = response;
      const facts = {
        requestId: response.getHeader('x-request-id'),
        door,
        method: request.method,
        statusCode,
      };
      logger.debug(facts, 'a request was answered');
      meter.count('http_requests_total', { door, status: String(statusCode) });
      if (!isStream) meter.observe('http_request_duration_seconds', secondsSince(began), { door });
      if (statusCode !== 401) return;
      const shown = request.headers[door === 'webhooks' ? secretHeader : 'authorization'];
      meter.count('auth_failures_total', { door, reason: shown === undefined ? 'none' : 'bad' });
    });
    next();
  };
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1_000;
}

const onlyServices: RequestHandler = (request, _response, next) => {
  if (identityOf(request).caller.kind !== 'service') {
    throw new AppError('FORBIDDEN', 'The figures of this process are for services and for its own machine.');
  }
  next();
};

function unlessFromHere(check: RequestHandler): RequestHandler {
  return (request, response, next) => (isFromHere(request) ? next() : check(request, response, next));
}

/** Whether the request began on this machine: one that a proxy passed on says so, and began elsewhere. */
function isFromHere(request: Request): boolean {
  const wasPassedOn =
    request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
  return !wasPassedOn && isLoopback((request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/** A closed set: a caller's own path would make labels without end. */
function doorOf(path: string): string {
  if (path === '/graphql') return 'graphql';
  if (path.startsWith('/graphql/')) return 'graphql_stream';
  if (path === '/rooms' || path.startsWith('/rooms/')) return 'rest';
  return path.startsWith('/webhooks/') ? 'webhooks' : 'other';
}
