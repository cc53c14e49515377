import { show } from '../../bson/show';
import { type Document, Regex, typeName, type Value } from '../../bson/types';
import { allOf, type Filter } from '../../query/filter-nodes';
import { isOperatorDocument } from '../../query/operator-document';
import { failedToParse, ServerError } from '../../server-error';
import type { Expression } from '../expressions/expression';
import { readFieldPath } from '../expressions/field-path';
import { readExpression } from '../expressions/read';
import { refuseBadUserVariable } from '../expressions/reader';
import { Holdings } from '../memory';
import { readMatch } from './match';
import { withValueAt } from './nested';
import type { CollectionName, Pipeline, ReadPipeline, ReadStage, StageSetting } from './stage';

interface Lookup {
  from: CollectionName;
  as: readonly string[];
  /** Documents of the other collection whose foreign field equals the local one. */
  equality?: { local: readonly string[]; foreign: string };
  variables: readonly (readonly [name: string, value: Expression])[];
  stages: Value[];
}

/** Adds an array of what another collection has for each document. */
export const lookup: ReadStage = (operand, setting, readPipeline) => {
  const parsed = readLookup(operand, setting);
  // Read once now for its mistakes; again for each document, when the variables have values that indexes can use.
  const promised = new Set([...(setting.promised ?? []), ...parsed.variables.map(([name]) => name)]);
  const first = readPipeline(parsed.stages, { ...setting, promised, collection: parsed.from }, '$lookup');
  const isAlwaysTheSame = parsed.variables.length === 0;
  return {
    *run(documents) {
      let known: Document[] | undefined;
      for (const doc of documents) {
        const pipeline = isAlwaysTheSame ? first : pipelineFor(doc, parsed, setting, readPipeline);
        if (isAlwaysTheSame && !parsed.equality) known ??= foundBy(pipeline, [], parsed, setting);
        const found = known ?? foundBy(pipeline, conditions(doc, parsed, setting), parsed, setting);
        yield withValueAt(doc, parsed.as, [...found]);
      }
    },
  };
};

function pipelineFor(
  doc: Document,
  parsed: Lookup,
  setting: StageSetting,
  readPipeline: ReadPipeline,
): Pipeline {
  const given = new Map(setting.given);
  for (const [name, expression] of parsed.variables) given.set(name, expression.evaluate(doc));
  return readPipeline(parsed.stages, { ...setting, given, collection: parsed.from }, '$lookup');
}

function foundBy(
  pipeline: Pipeline,
  filters: readonly Filter[],
  { from }: Lookup,
  setting: StageSetting,
): Document[] {
  const { query } = pipeline;
  const filter = filters.length === 0 ? query.filter : allOf([...filters, query.filter]);
  const source = pipeline.readsCollection ? setting.collections.find(from, { ...query, filter }) : [];
  const holdings = new Holdings('$lookup');
  const found: Document[] = [];
  for (const doc of pipeline.run(source)) {
    holdings.keep(doc);
    found.push(doc);
  }
  return found;
}

function conditions(doc: Document, { equality }: Lookup, setting: StageSetting): Filter[] {
  if (!equality) return [];
  const values = localValues(doc, equality.local);
  // A list may hold no expressions and no operators: then each value is asked for by itself.
  const isPlain = values.every((value) => !(value instanceof Regex) && !isOperatorDocument(value));
  const { foreign } = equality;
  const equals = (value: Value): Value => new Map([[foreign, new Map([['$eq', value]])]]);
  const filter = isPlain
    ? new Map([[foreign, new Map([['$in', values]])]])
    : new Map([['$or', values.map(equals)]]);
  return [readMatch(filter, setting)];
}

/** All values at a path, array elements included; null without any. */
function localValues(doc: Document, path: readonly string[]): Value[] {
  const values: Value[] = [];
  collect(doc, path, 0, values);
  return values.length === 0 ? [null] : values;
}

function collect(value: Value | undefined, path: readonly string[], at: number, values: Value[]): void {
  if (value === undefined) return;
  if (at === path.length) {
    if (Array.isArray(value)) values.push(...value);
    else values.push(value);
  } else if (value instanceof Map) collect(value.get(path[at] as string), path, at + 1, values);
  else if (Array.isArray(value)) {
    const index = path[at] as string;
    if (/^\d+$/.test(index)) collect(value[Number(index)], path, at + 1, values);
    for (const item of value) if (item instanceof Map) collect(item, path, at, values);
  }
}

const known = ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'];

function readLookup(operand: Value, setting: StageSetting): Lookup {
  if (!(operand instanceof Map)) {
    throw failedToParse(`the $lookup stage specification must be an object, but found ${typeName(operand)}`);
  }
  for (const [name, value] of operand) {
    if (!known.includes(name)) throw failedToParse(`unknown argument to $lookup: ${name}`);
    if (name === 'pipeline' || name === 'let') continue;
    if (typeof value !== 'string') {
      throw failedToParse(
        `$lookup argument '${name}: ${show(value)}' must be a string, is type ${typeName(value)}`,
      );
    }
  }
  const text = (name: string) => operand.get(name) as string | undefined;
  const from = text('from');
  const stages = operand.get('pipeline');
  if (from === undefined && !startsWithDocuments(stages)) {
    throw failedToParse("must specify 'pipeline' when 'from' is empty");
  }
  const as = text('as');
  if (as === undefined) {
    throw new ServerError(40414, "BSON field '$lookup.as' is missing but a required field");
  }
  const [local, foreign] = [text('localField'), text('foreignField')];
  if ((local === undefined) !== (foreign === undefined)) {
    throw failedToParse(
      "$lookup requires both or neither of 'localField' and 'foreignField' to be specified",
    );
  }
  if (local === undefined && stages === undefined) {
    throw failedToParse(
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  }
  if (stages === undefined && operand.has('let')) {
    throw failedToParse("$lookup with a 'let' argument must also specify 'pipeline'");
  }
  if (stages !== undefined && !Array.isArray(stages)) {
    throw new ServerError(14, `'pipeline' option must be specified as an array`);
  }
  const parsed: Lookup = {
    from: { db: setting.collection.db, name: from ?? '' },
    as: readFieldPath(as),
    variables: readLet(operand.get('let'), setting),
    stages: stages ?? [],
  };
  if (local !== undefined && foreign !== undefined) {
    readFieldPath(foreign);
    parsed.equality = { local: readFieldPath(local), foreign };
  }
  return parsed;
}

function startsWithDocuments(stages: Value | undefined): boolean {
  const [first] = Array.isArray(stages) ? stages : [];
  return first instanceof Map && first.has('$documents');
}

function readLet(source: Value | undefined, setting: StageSetting): Lookup['variables'] {
  if (source === undefined) return [];
  if (!(source instanceof Map)) {
    throw failedToParse(
      `$lookup argument 'let: ${show(source)}' must be an object, is type ${typeName(source)}`,
    );
  }
  return [...source].map(([name, value]) => {
    refuseBadUserVariable(name);
    return [name, readExpression(value, setting)] as const;
  });
}
