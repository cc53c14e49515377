import { dirname, join } from 'node:path';
import { type RequestHandler, Router } from 'express';
import { emptyLogin } from './first-document';
import { inScript, type PageParts } from './page';

/**
 * Everything comes from this server, and no script runs but those below. `connect-src 'self'` covers the WebSockets of this
 * origin. GraphiQL writes styles into the page as it runs.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves GraphiQL and all that it needs. The parts of the bundle are served one by one, and not as the page that it renders:
 * that page cannot be given a function, and so not the one that sends subscriptions with the headers of the headers tab.
 */
export function graphiqlPage(parts: PageParts): RequestHandler {
  const html = render(parts);
  const router = Router();
  router.use((_request, response, next) => {
    response.set('content-security-policy', contentSecurityPolicy);
    next();
  });
  router.get('/', (_request, response) => void response.type('html').send(html));
  for (const [name, text] of Object.entries(bundled)) {
    router.get(`/${name}`, (_request, response) => void response.type(name).send(text()));
  }
  router.get('/graphql-ws.js', (_request, response) => response.sendFile(graphqlWs));
  router.get('/in-browser.mjs', (_request, response) => response.sendFile(join(__dirname, 'in-browser.mjs')));
  return router;
}

/** Loaded with the first page, because production has no use for these nine megabytes. */
const bundle = (): typeof import('@graphql-yoga/render-graphiql/graphiql') =>
  require('@graphql-yoga/render-graphiql/graphiql');

const bundled: Readonly<Record<string, () => string>> = {
  'graphiql.js': () => bundle().js,
  'graphiql.css': () => bundle().css,
  'editor-worker.js': () => bundle().editorWorkerService,
  'json-worker.js': () => bundle().jsonWorker,
  'graphql-worker.js': () => bundle().graphqlWorker,
};

const graphqlWs = join(dirname(require.resolve('graphql-ws/package.json')), 'umd', 'graphql-ws.min.js');

const notice = `<p id="login" role="status">
This service needs a login. Enter <code>{ "Authorization": "Bearer &lt;token&gt;" }</code> in the <strong>Headers</strong> tab.
The documentation appears as soon as the login is accepted.
</p>`;

function render({ document, needsLogin }: PageParts): string {
  const settings = {
    document,
    needsLogin,
    headers: needsLogin ? JSON.stringify(emptyLogin, null, 2) : undefined,
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Rollcall: local explorer (GraphiQL)</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="explorer/graphiql.css">
<style>
  html, body { height: 100%; margin: 0; }
  body { display: flex; flex-direction: column; }
  #root { flex: 1; min-height: 0; }
  #root .graphiql-container { height: 100%; }
  #login { margin: 0; padding: 8px 16px; background: #fff3cd; color: #4d3800; font: 14px/20px system-ui, sans-serif; }
  #login[hidden] { display: none; }
</style>
</head>
<body class="no-focus-outline">
${needsLogin ? notice : ''}
<div id="root"></div>
<script id="settings" type="application/json">${inScript(settings)}</script>
<script src="explorer/graphql-ws.js"></script>
<script src="explorer/graphiql.js"></script>
<script src="explorer/in-browser.mjs" type="module"></script>
</body>
</html>
`;
}
