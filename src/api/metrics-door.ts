import { type Request, type RequestHandler, Router } from 'express';
import { type Config, isLoopback } from '../config';
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
  readonly readers: Config['metrics'];
}

const PATH = '/metrics';

/** `GET /metrics`, for those whom the setting METRICS names. */
export function metricsDoor({ metrics, identities, readers }: MetricsDoorParts): RequestHandler {
  const router = Router();
  if (readers === 'off') return router;
  const checks = [requireLogin(identities), onlyServices];
  if (readers === 'service') router.get(PATH, ...checks);
  if (readers === 'local') router.get(PATH, ...checks.map(unlessFromHere));
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
    throw new AppError('FORBIDDEN', 'Metrics are for services: show one of SERVICE_KEYS (see METRICS).');
  }
  next();
};

function unlessFromHere(check: RequestHandler): RequestHandler {
  return (request, response, next) => (isFromHere(request) ? next() : check(request, response, next));
}

/** Headers by which proxies say that they pass a request on. */
const passedOn =
  /^(x-forwarded-.+|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|x-envoy-.+)$/;

/**
 * Whether the request began on this machine, as far as it shows. One that a proxy on this machine passed on may tell by a header, by
 * the name of the server that it was sent to, or by HTTP/1.0, which nginx speaks to others by default.
 */
function isFromHere(request: Request): boolean {
  const { headers, httpVersion, socket } = request;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  const isDirect = httpVersion !== '1.0' && !Object.keys(headers).some((each) => passedOn.test(each));
  return isDirect && isLoopback(address) && isLoopback(name);
}

/** A closed set: a caller's own path would make labels without end. */
function doorOf(path: string): string {
  if (path === '/graphql') return 'graphql';
  if (path.startsWith('/graphql/')) return 'graphql_stream';
  if (path === '/rooms' || path.startsWith('/rooms/')) return 'rest';
  return path.startsWith('/webhooks/') ? 'webhooks' : 'other';
}
