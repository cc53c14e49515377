import type { IncomingMessage, RequestListener } from 'node:http';
import type { Traces } from '../spans';
import { requestIdOf } from './request-id';

/**
 * A span around every request, by method, route and status: nothing of its address, its headers or its body is told. A caller's own
 * `traceparent` becomes a link and no parent: otherwise callers could make us collect unsampled requests, in traces of their choosing.
 */
export function traceRequests(traces: Traces, answer: RequestListener): RequestListener {
  return (request, response) => {
    const { method = '', headers } = request;
    // Set here, so that every handler has the same id.
    const requestId = requestIdOf(request);
    headers['x-request-id'] = requestId;
    const link = typeof headers['traceparent'] === 'string' ? headers['traceparent'] : undefined;
    const facts = { 'http.request.method': method, 'rollcall.request_id': requestId };
    void traces.within({ name: method, kind: 'server', cause: undefined, link, facts }, async (tell) => {
      const closed = new Promise((resolve) => response.once('close', resolve));
      answer(request, response);
      await closed;
      const route = routeOf(request);
      const { statusCode } = response;
      const name = route === undefined ? method : `${method} ${route}`;
      tell({ 'http.route': route, 'http.response.status_code': statusCode }, name);
    });
  };
}

/** As the code has it, with the names of its parameters; undefined where none was found. */
function routeOf(
  request: IncomingMessage & { readonly route?: { readonly path?: unknown } },
): string | undefined {
  const path = request.route?.path;
  if (typeof path === 'string') return path;
  // Not every answer to GraphQL comes by way of Express.
  return request.url === '/graphql' ? '/graphql' : undefined;
}
