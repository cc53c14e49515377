/**
 * `npm run gen:schema`: writes what describes the doors as the code has it: schema.graphql, openapi.json, asyncapi.json and
 * docs/access.md.
 * `--types` writes what the tests' clients are typed with. `--check` writes nothing and names the files that are out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createContext, generate } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import 'reflect-metadata';
import { accessPage } from './access-page.mjs';
import { build, isCurrent } from './build.mjs';
import { restTypes } from './rest-types.mjs';

const header =
  '# Generated from src/ by `npm run gen:schema`. Do not edit: change the classes, and generate it again.\n\n';

/** Every description, by the name of its file. */
async function descriptions() {
  if (!isCurrent()) await build();
  const { buildGraphQLSchema } = await import('../dist/api/graphql/schema.js');
  const { describeRest } = await import('../dist/api/descriptions/openapi.js');
  const permissions = await import('../dist/rooms/access/permissions.js');
  const { describeMessages } = await import('../dist/api/descriptions/asyncapi.js');
  const asText = (document) => `${JSON.stringify(document, null, 2)}\n`;
  return {
    'schema.graphql': `${header}${printSchema(lexicographicSortSchema(await buildGraphQLSchema()))}\n`,
    'openapi.json': asText(describeRest()),
    'asyncapi.json': asText(describeMessages()),
    'docs/access.md': accessPage(permissions),
  };
}

/** What is made from the descriptions on disk, by the name of its file. */
async function types() {
  const context = await createContext({ config: 'codegen.yml', errorsOnly: true });
  const operations = await generate(context, false);
  return {
    ...Object.fromEntries(operations.map(({ filename, content }) => [filename, content])),
    'tests/generated/rest.ts': await restTypes(JSON.parse(readFileSync('openapi.json', 'utf8'))),
  };
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The files that differ from what is on disk, each with the script that brings it up to date. */
function stale(files, script) {
  return Object.entries(files)
    .filter(([file, text]) => textOf(file) !== text)
    .map(([file]) => `out of date: ${file}: npm run ${script}`);
}

function write(files) {
  for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
}

if (process.argv.includes('--check')) {
  const found = [...stale(await descriptions(), 'gen:schema'), ...stale(await types(), 'gen:types')];
  for (const line of found) process.stderr.write(`${line}\n`);
  process.exit(found.length === 0 ? 0 : 1);
} else {
  write(process.argv.includes('--types') ? await types() : await descriptions());
}
