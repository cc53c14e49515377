import { type Request, type RequestHandler, Router } from 'express';
import { isLoopback } from '../config';
import { AppError } from '../errors';
import type { DoorName, Metrics } from '../observability/metrics';
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

/** Counts every answer and how long it took, by the door it came through. */
export function countAnswers(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const door = doorOf(request.path);
    response.once('close', () => {
      const isStream = /event-stream|multipart/.test(String(response.getHeader('content-type') ?? ''));
      const seconds = isStream ? undefined : (performance.now() - began) / 1_000;
      metrics.answered(door, response.statusCode, seconds);
    });
    next();
  };
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

function doorOf(path: string): DoorName {
  if (path === '/graphql') return 'graphql';
  if (path.startsWith('/graphql/')) return 'graphql_stream';
  if (path === '/rooms' || path.startsWith('/rooms/')) return 'rest';
  return path.startsWith('/webhooks/') ? 'webhooks' : 'other';
}
