import { isNullish } from '../../bson/compare';
import { type Document, typeName, type Value } from '../../bson/types';
import { valueAt } from '../../query/path';
import { badValue, failedToParse, ServerError } from '../../server-error';
import { readExpression } from '../expressions/read';
import { refuseBadUserVariable } from '../expressions/reader';
import { Holdings } from '../memory';
import { changing } from './changing';
import { readMatch } from './match';
import type { CollectionName, ReadPipeline, ReadStage, StageSetting } from './stage';

const matchedModes = ['replace', 'keepExisting', 'merge', 'fail'] as const;
const unmatchedModes = ['insert', 'discard', 'fail'] as const;

interface Merge {
  into: CollectionName;
  on: readonly string[];
  whenMatched: (typeof matchedModes)[number] | Value[];
  whenNotMatched: (typeof unmatchedModes)[number];
  variables: Document;
}

/** Writes what comes in into a collection, document by document. */
export const merge: ReadStage = (operand, setting, readPipeline) => {
  const parsed = readMerge(operand, setting);
  refuseModes(parsed);
  const { into, on } = parsed;
  return {
    isSink: true,
    run: (documents) => {
      const isById = on.length === 1 && on[0] === '_id';
      if (!isById && !setting.collections.isUnique(into, on)) {
        throw new ServerError(51183, 'Cannot find index to verify that join fields will be unique');
      }
      const { db, name } = setting.collection;
      // What is written into the collection that is being read must not be read again.
      const isOwn = into.db === db && into.name === name;
      mergeAll(isOwn ? held(documents) : documents, parsed, setting, readPipeline);
      return [];
    },
  };
};

/** Modes that together would only look for documents, and change none. @throws ServerError 51181 */
function refuseModes({ whenMatched, whenNotMatched }: Merge): void {
  if (whenNotMatched === 'insert' || (whenMatched !== 'keepExisting' && whenMatched !== 'fail')) return;
  throw new ServerError(
    51181,
    `Combination of $merge modes 'whenMatched: ${whenMatched}' and 'whenNotMatched: ${whenNotMatched}' is not supported`,
  );
}

function held(documents: Iterable<Document>): Document[] {
  const holdings = new Holdings('$merge into the collection it reads');
  const all: Document[] = [];
  for (const doc of documents) {
    holdings.keep(doc);
    all.push(doc);
  }
  return all;
}

/** A write that fails does not keep the others from being made; the first failure is thrown after the last write. */
function mergeAll(
  documents: Iterable<Document>,
  merge: Merge,
  setting: StageSetting,
  readPipeline: ReadPipeline,
): void {
  let failure: ServerError | undefined;
  for (const doc of documents) {
    const existing = findExisting(doc, merge, setting);
    try {
      mergeOne(doc, existing, merge, setting, readPipeline);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
}

function mergeOne(
  doc: Document,
  existing: Document | undefined,
  merge: Merge,
  setting: StageSetting,
  readPipeline: ReadPipeline,
): void {
  const { collections } = setting;
  if (!existing) {
    if (merge.whenNotMatched === 'insert') collections.insert(merge.into, doc);
    else if (merge.whenNotMatched === 'fail') {
      throw new ServerError(
        13113,
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    }
    return;
  }
  const merged = mergedWith(existing, doc, merge, setting, readPipeline);
  if (merged) collections.replace(merge.into, merged);
}

function mergedWith(
  existing: Document,
  doc: Document,
  { whenMatched, variables }: Merge,
  setting: StageSetting,
  readPipeline: ReadPipeline,
): Document | undefined {
  const id = existing.get('_id') as Value;
  if (Array.isArray(whenMatched)) {
    const given = new Map<string, Value | undefined>(setting.given);
    for (const [name, source] of variables) given.set(name, readExpression(source, setting).evaluate(doc));
    if (variables.size === 0) given.set('new', doc);
    return changing(whenMatched, { ...setting, given }, readPipeline)(existing);
  }
  switch (whenMatched) {
    case 'keepExisting':
      return undefined;
    case 'merge':
      return new Map([...existing, ...doc, ['_id', id]]);
    case 'replace':
      return new Map([['_id', id], ...[...doc].filter(([name]) => name !== '_id')]);
    case 'fail':
      throw new ServerError(
        11000,
        '$merge with whenMatched: fail found an existing document with the same values for the on fields',
      );
  }
}

function findExisting(doc: Document, { into, on }: Merge, setting: StageSetting): Document | undefined {
  const filter: Document = new Map();
  for (const path of on) {
    const value = valueAt(doc, path.split('.'));
    if (value === undefined && path === '_id') return undefined;
    if ((isNullish(value) && path !== '_id') || Array.isArray(value)) {
      const code = Array.isArray(value) ? 51185 : 51132;
      throw new ServerError(
        code,
        "$merge write error: 'on' field cannot be missing, null, undefined or an array",
      );
    }
    filter.set(path, new Map([['$eq', value as Value]]));
  }
  const query = { filter: readMatch(filter, setting), sort: [], skip: 0, limit: 1 };
  for (const found of setting.collections.find(into, query)) return found;
  return undefined;
}

function readMerge(operand: Value, setting: StageSetting): Merge {
  const { db } = setting.collection;
  const defaults = {
    on: ['_id'],
    whenMatched: 'merge',
    whenNotMatched: 'insert',
    variables: new Map(),
  } as const;
  if (typeof operand === 'string') return { ...defaults, into: { db, name: operand } };
  if (!(operand instanceof Map)) {
    throw new ServerError(
      51182,
      `$merge only supports a string or object argument, not ${typeName(operand)}`,
    );
  }
  for (const name of operand.keys()) {
    if (!['into', 'on', 'let', 'whenMatched', 'whenNotMatched'].includes(name)) {
      throw new ServerError(40415, `BSON field '$merge.${name}' is an unknown field.`);
    }
  }
  if (!operand.has('into')) {
    throw new ServerError(40414, "BSON field '$merge.into' is missing but a required field");
  }
  return {
    into: readInto(operand.get('into') as Value, db),
    on: readOn(operand.get('on')),
    whenMatched: readWhenMatched(operand.get('whenMatched')),
    whenNotMatched: readMode('whenNotMatched', operand.get('whenNotMatched') ?? 'insert', unmatchedModes),
    variables: readVariables(operand.get('let')),
  };
}

function readInto(source: Value, db: string): CollectionName {
  if (typeof source === 'string') return { db, name: source };
  const name = source instanceof Map ? source.get('coll') : undefined;
  const other = source instanceof Map ? (source.get('db') ?? db) : undefined;
  if (typeof name === 'string' && typeof other === 'string') return { db: other, name };
  throw new ServerError(
    51178,
    "$merge 'into' field must be a string or an object with a 'coll' and perhaps a 'db'",
  );
}

function readOn(source: Value | undefined): string[] {
  if (source === undefined) return ['_id'];
  const paths = Array.isArray(source) ? source : [source];
  if (paths.length === 0) {
    throw new ServerError(51187, "If explicitly specifying $merge 'on', must include at least one field");
  }
  return paths.map((path) => {
    if (typeof path === 'string') return path;
    throw new ServerError(
      51186,
      `$merge 'on' field must be either a string or an array of strings, but found ${typeName(path)}`,
    );
  });
}

function readWhenMatched(source: Value | undefined): Merge['whenMatched'] {
  if (source === undefined) return 'merge';
  return Array.isArray(source) ? source : readMode('whenMatched', source, matchedModes);
}

function readMode<Mode extends string>(name: string, source: Value, modes: readonly Mode[]): Mode {
  const found = modes.find((mode) => mode === source);
  if (found === undefined) {
    if (typeof source !== 'string') throw new ServerError(51191, `$merge '${name}' field must be a string`);
    throw badValue(`Enumeration value '${source}' for field '${name}' is not a valid value.`);
  }
  return found;
}

function readVariables(source: Value | undefined): Document {
  if (source === undefined) return new Map();
  if (!(source instanceof Map)) throw failedToParse("$merge 'let' must be an object");
  for (const name of source.keys()) refuseBadUserVariable(name);
  return source;
}
