import type { RequestHandler } from 'express';
import { emptyLogin } from './first-document';
import { inScript, type PageParts } from './page';

/** How long the browser waits for Apollo Sandbox before it goes to the local explorer. */
const SANDBOX_TIMEOUT_MS = 1_000;

const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js';

/** What the page loads: Sandbox and its frame from Apollo, which writes scripts and styles into the page. */
const contentSecurityPolicy = [
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

/** Serves Apollo Sandbox, with a link to the local explorer, which takes over where Sandbox does not load in time. */
export function sandboxPage(parts: PageParts): RequestHandler {
  const html = render(parts);
  return (_request, response) => {
    response.set('content-security-policy', contentSecurityPolicy).type('html').send(html);
  };
}

/** Sandbox sends the headers as the `connectionParams` of subscriptions, too. */
function render({ document, needsLogin }: PageParts): string {
  const initialState = { document, ...(needsLogin && { headers: emptyLogin }) };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Rollcall: Apollo Sandbox</title>
<style>
  :root { color-scheme: light dark; }
  html, body { height: 100%; margin: 0; }
  body { display: flex; flex-direction: column; }
  nav { padding: 6px 16px; font: 14px/20px system-ui, sans-serif; }
  #sandbox { flex: 1; min-height: 0; }
  iframe { border: 0; width: 100%; height: 100%; }
</style>
</head>
<body>
<nav>Apollo Sandbox needs the internet. The <a href="graphql/explorer">local explorer</a> does not.</nav>
<div id="sandbox"></div>
<script>
  const openLocalExplorer = () => location.replace('graphql/explorer');
  const timeout = setTimeout(openLocalExplorer, ${SANDBOX_TIMEOUT_MS});
  const script = document.createElement('script');
  script.src = ${inScript(sandboxScript)};
  script.onerror = openLocalExplorer;
  script.onload = () => {
    clearTimeout(timeout);
    const endpoint = location.origin + location.pathname;
    new window.EmbeddedSandbox({
      target: '#sandbox',
      initialEndpoint: endpoint,
      initialSubscriptionEndpoint: endpoint.replace(/^http/, 'ws'),
      initialState: ${inScript(initialState)},
    });
  };
  document.head.append(script);
</script>
</body>
</html>
`;
}
