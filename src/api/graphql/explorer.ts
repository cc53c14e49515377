import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { type RequestHandler, type Response, Router } from 'express';

/** How long the browser waits for Apollo Sandbox before it takes the explorer that is served here, in milliseconds. */
const SANDBOX_WITHIN = 4_000;

const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Rollcall</title>
<style>html, body, #sandbox { height: 100%; margin: 0; } iframe { border: 0; width: 100%; height: 100%; }</style>
</head>
<body>
<div id="sandbox"></div>
<script>
  const ownExplorer = () => location.replace('graphql/explorer');
  const late = setTimeout(ownExplorer, ${SANDBOX_WITHIN});
  const script = document.createElement('script');
  script.src = ${JSON.stringify(sandboxScript)};
  script.onerror = ownExplorer;
  script.onload = () => {
    clearTimeout(late);
    new window.EmbeddedSandbox({ target: '#sandbox', initialEndpoint: location.href });
  };
  document.head.append(script);
</script>
</body>
</html>
`;

/**
 * What a browser gets that opens `/graphql`: Apollo Sandbox, or, where its script cannot be loaded, the GraphiQL that
 * ships with this server and asks no other host. To be mounted before the GraphQL handler; everything that is not a
 * browser looking for a page goes past it.
 */
export function explorer(): RequestHandler {
  const router = Router();
  let graphiql: string | undefined;
  router.get('/graphql', (request, response, next) => {
    if (!looksForPage(request)) next();
    else sendPage(response, page);
  });
  router.get('/graphql/explorer', (_request, response) => {
    graphiql ??= renderGraphiQL({
      title: 'Rollcall',
      endpoint: '/graphql',
      subscriptionsProtocol: 'WS',
    });
    sendPage(response, graphiql);
  });
  return router;
}

/** What the pages load: Sandbox and its frame from Apollo, GraphiQL from itself; both write scripts and styles into the page. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' https://embeddable-sandbox.cdn.apollographql.com",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: https:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss: https:",
  "worker-src 'self' blob:",
  'frame-src https://*.apollographql.com',
  "frame-ancestors 'none'",
].join('; ');

function sendPage(response: Response, html: string): void {
  response.set('content-security-policy', policy).type('html').send(html);
}

const looksForPage = (request: Parameters<RequestHandler>[0]): boolean =>
  request.query['query'] === undefined && request.accepts(['json', 'html']) === 'html';
