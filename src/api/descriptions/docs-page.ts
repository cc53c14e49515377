import { dirname, join } from 'node:path';
import { type RequestHandler, Router } from 'express';
import { methodNotAllowed } from '../json-errors';

/** Everything comes from this server, and nothing of it runs but the scripts below. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets styles as it runs.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rollcall: REST</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

/** `GET /docs`: the REST door in the browser, by Swagger UI, which ships with this server and asks no other host. */
export function docsPage(): RequestHandler {
  const assets = dirname(require.resolve('swagger-ui-dist/package.json'));
  const router = Router();
  router.use('/docs', (_request, response, next) => {
    response.set('content-security-policy', contentSecurityPolicy);
    next();
  });
  router.get('/docs', (_request, response) => void response.type('html').send(page));
  router.all('/docs', methodNotAllowed('GET', 'HEAD'));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(start));
  for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    router.get(`/docs/${asset}`, (_request, response) => response.sendFile(join(assets, asset)));
  }
  return router;
}
