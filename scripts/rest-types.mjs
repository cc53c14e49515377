import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The types of an OpenAPI document, for openapi-fetch. openapi-typescript writes them with the compiler API of TypeScript, which
 * the `typescript` that this project compiles with (7) no longer has: it is handed the one inside ts-morph.
 */
export async function restTypes(document) {
  const path = require.resolve('typescript');
  require.cache[path] = { id: path, loaded: true, exports: require('@ts-morph/common').ts };
  const { default: openapiTS, astToString } = require('openapi-typescript');
  return `${header}${astToString(await openapiTS(document, { defaultNonNullable: false }))}`;
}

const header = '// Generated from openapi.json by `npm run gen:types`. Do not edit.\n\n';
