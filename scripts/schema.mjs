/**
 * `npm run gen:schema`: writes schema.graphql as the code has it. `--check` compares instead, and also compares
 * the typed operations made from it (`npm run gen:types`): what is committed must be what would be generated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createContext, generate } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import 'reflect-metadata';
import { build, isCurrent } from './build.mjs';

const header =
  '# Generated from src/ by `npm run gen:schema`. Do not edit: change the classes, and generate it again.\n\n';

async function schemaOfTheCode() {
  if (!isCurrent()) await build();
  const { buildGraphQLSchema } = await import('../dist/api/graphql/schema.js');
  return `${header}${printSchema(lexicographicSortSchema(await buildGraphQLSchema()))}\n`;
}

/** The generated files that differ from what is on disk, each with the script that brings it up to date. */
async function drifted() {
  const stale = [];
  if (textOf('schema.graphql') !== (await schemaOfTheCode()))
    stale.push('schema.graphql: npm run gen:schema');
  const context = await createContext({ config: 'codegen.yml', errorsOnly: true });
  for (const { filename, content } of await generate(context, false)) {
    if (textOf(filename) !== content) stale.push(`${filename}: npm run gen:types`);
  }
  return stale;
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv.includes('--check')) {
  const stale = await drifted();
  for (const line of stale) process.stderr.write(`out of date: ${line}\n`);
  process.exit(stale.length === 0 ? 0 : 1);
} else {
  writeFileSync('schema.graphql', await schemaOfTheCode());
}
