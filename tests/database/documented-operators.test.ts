import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accumulatorNames,
  leftOutAccumulators,
} from '../../src/database/embedded/aggregation/accumulators/read';
import {
  expressionOperators,
  leftOutExpressions,
} from '../../src/database/embedded/aggregation/expressions/operators';
import { leftOutStages, pipelineStages } from '../../src/database/embedded/aggregation/stages/table';
import { commands } from '../../src/database/embedded/commands';
import { leftOutCollectionOptions } from '../../src/database/embedded/commands/collections';
import {
  indexOptions,
  leftOutIndexKinds,
  leftOutIndexOptions,
} from '../../src/database/embedded/commands/index-spec';
import { queryOperators } from '../../src/database/embedded/query/filter';
import { leftOutQueryOperators } from '../../src/database/embedded/query/unknown-operator';
import { updateOperators } from '../../src/database/embedded/update/operators';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

const page = readFileSync(join(__dirname, '../../docs/embedded-database.md'), 'utf8');

interface Row {
  in: string[];
  leftOut: string[];
  code: number;
}

/** A row of the table, by its name in the first column. */
function rowOf(name: string): Row {
  const cells = page
    .split('\n')
    .find((line) => line.startsWith(`| **${name}** |`))
    ?.split(' | ');
  if (!cells) throw new Error(`docs/embedded-database.md has no row for ${name}`);
  const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return {
    in: names(cells[1]),
    leftOut: names(cells[2]),
    code: Number(/\((\d+)\)/.exec(cells[2] ?? '')?.[1]),
  };
}

/** Old spellings in small letters are the same command. */
const commandNames = Object.keys(commands).filter(
  (name) => !Object.keys(commands).some((other) => other !== name && other.toLowerCase() === name),
);

describe('the table of what is in and what is left out', () => {
  it.each<[string, Iterable<string>, Iterable<string>]>([
    ['Commands', commandNames, []],
    ['Query operators', queryOperators, leftOutQueryOperators],
    ['Update operators', updateOperators, []],
    ['Stages', pipelineStages.keys(), leftOutStages],
    ['Accumulators', accumulatorNames, leftOutAccumulators],
    ['Expressions', expressionOperators.keys(), leftOutExpressions],
    ['Index options', indexOptions, leftOutIndexOptions],
    ['Index kinds', ['1', '-1'], leftOutIndexKinds],
    ['Collection options', [], leftOutCollectionOptions],
  ])('says of %s what the code has', (name, inside, outside) => {
    const row = rowOf(name);
    expect(row.in.sort()).toEqual([...inside].sort());
    expect(row.leftOut.sort()).toEqual([...outside].sort());
  });
});

/** A command that uses what is left out, for each row of the table. */
const uses = new Map<string, (name: string) => object>([
  ['Query operators', (name) => ({ find: 'c', filter: { a: { [name]: 1 } } })],
  ['Stages', (name) => ({ aggregate: 'c', pipeline: [{ [name]: {} }], cursor: {} })],
  [
    'Accumulators',
    (name) => ({ aggregate: 'c', pipeline: [{ $group: { _id: null, x: { [name]: '$a' } } }], cursor: {} }),
  ],
  [
    'Expressions',
    (name) => ({ aggregate: 'c', pipeline: [{ $project: { x: { [name]: '$a' } } }], cursor: {} }),
  ],
  [
    'Index options',
    (name) => ({ createIndexes: 'c', indexes: [{ key: { b: 1 }, name: 'b', [name]: { x: 1 } }] }),
  ],
  ['Index kinds', (name) => ({ createIndexes: 'c', indexes: [{ key: { b: name }, name: 'b' }] })],
  ['Collection options', (name) => ({ create: 'd', [name]: true })],
]);

describe('what is left out is refused with the code of the table and the advice to set MONGO_URI', () => {
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    await database.db.collection('c').insertOne({ a: 1 });
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const refusal = async (command: object): Promise<unknown> => {
    const answer = await database.db.command(command).catch((error: unknown) => error);
    const { code, message } = answer as { code?: number; message?: string };
    return { code, message };
  };
  const advice = expect.stringContaining('set MONGO_URI to use a MongoDB server');

  const cases = [...uses.keys()].flatMap((row) =>
    rowOf(row).leftOut.map((name): [string, string] => [row, name]),
  );

  it.each(cases)('%s: %s', async (row, name) => {
    const command = uses.get(row)?.(name) ?? {};
    expect(await refusal(command)).toEqual({ code: rowOf(row).code, message: advice });
  });

  it('an unknown command is not found', async () => {
    expect(await refusal({ mapReduce: 'c' })).toMatchObject({ code: rowOf('Commands').code });
  });
});
