import { compareValues } from '../../bson/compare';
import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { type Document, isNumber, typeCode, typeName, type Value } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import type { DocumentRunning } from '../accumulators/read';
import { Constant, type Expression } from '../expressions/expression';
import { readExpression } from '../expressions/read';
import { Holdings } from '../memory';
import { type Accumulators, grouping, readAccumulators, resultOf } from './group';
import type { ReadStage, StageSetting } from './stage';
import { sorting } from './window';

const countOnly: Document = new Map([['count', new Map([['$sum', 1]])]]);

function readGroupBy(
  stage: string,
  code: number,
  source: Value | undefined,
  setting: StageSetting,
): Expression {
  const isExpression =
    (typeof source === 'string' && source.startsWith('$')) ||
    (source instanceof Map && (source.keys().next().value?.startsWith('$') ?? false));
  if (!isExpression) {
    throw new ServerError(
      code,
      `The ${stage} 'groupBy' field must be defined as a $-prefixed path or an expression, but found: ${show(source)}.`,
    );
  }
  return readExpression(source, setting);
}

function readOutput(
  stage: string,
  code: number,
  source: Value | undefined,
  setting: StageSetting,
): Accumulators {
  if (source !== undefined && !(source instanceof Map)) {
    throw new ServerError(
      code,
      `The ${stage} 'output' field must be an object, but found type: ${typeName(source)}.`,
    );
  }
  return readAccumulators(source ?? countOnly, setting);
}

/** Groups between boundaries: the lower one belongs to a bucket, the upper one to the next. */
export const bucket: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(
      40201,
      `Argument to $bucket stage must be an object, but found type: ${typeName(operand)}.`,
    );
  }
  for (const name of operand.keys()) {
    if (!['groupBy', 'boundaries', 'default', 'output'].includes(name)) {
      throw new ServerError(40197, `Unrecognized option to $bucket: ${name}.`);
    }
  }
  if (!operand.has('groupBy') || !operand.has('boundaries')) {
    throw new ServerError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  }
  const groupBy = readGroupBy('$bucket', 40202, operand.get('groupBy'), setting);
  const boundaries = readBoundaries(operand.get('boundaries') as Value, setting);
  const other = readDefault(operand.get('default'), boundaries, setting);
  const id = {
    evaluate: (root: Document) => lowerBoundary(groupBy.evaluate(root), boundaries, other, setting),
  };
  const grouped = grouping(id, readOutput('$bucket', 40196, operand.get('output'), setting), setting);
  const sorted = sorting([{ path: '_id', parts: ['_id'], direction: 1 }], {
    strings: setting.strings,
    ofGroups: true,
  });
  return { run: (documents) => sorted.run(grouped.run(documents)) };
};

function readBoundaries(source: Value, setting: StageSetting): Value[] {
  if (!Array.isArray(source)) {
    throw new ServerError(
      40200,
      `The $bucket 'boundaries' field must be an array, but found type: ${typeName(source)}.`,
    );
  }
  const boundaries = source.map((one) => {
    const expression = readExpression(one, setting);
    if (!(expression instanceof Constant)) {
      throw new ServerError(
        40191,
        `The $bucket 'boundaries' field must be an array of constant values, but found value: ${show(one)}.`,
      );
    }
    return expression.value ?? null;
  });
  if (boundaries.length < 2) {
    throw new ServerError(
      40192,
      `The $bucket 'boundaries' field must have at least 2 values, but found ${boundaries.length} value(s).`,
    );
  }
  for (let i = 1; i < boundaries.length; i++)
    refuseOutOfOrder(boundaries[i - 1] as Value, boundaries[i] as Value, setting);
  return boundaries;
}

function refuseOutOfOrder(lower: Value, upper: Value, setting: StageSetting): void {
  if (typeCode(lower) !== typeCode(upper) && !(isNumber(lower) && isNumber(upper))) {
    throw new ServerError(
      40193,
      `All values in the the 'boundaries' option to $bucket must have the same type. Found conflicting types ${typeName(lower)} and ${typeName(upper)}.`,
    );
  }
  if (compareValues(lower, upper, setting.strings) >= 0) {
    throw new ServerError(
      40194,
      `The 'boundaries' option to $bucket must be sorted, but elements ${show(lower)} and ${show(upper)} are not in ascending order.`,
    );
  }
}

function readDefault(
  source: Value | undefined,
  boundaries: readonly Value[],
  setting: StageSetting,
): Value | undefined {
  if (source === undefined) return undefined;
  const expression = readExpression(source, setting);
  if (!(expression instanceof Constant)) {
    throw new ServerError(
      40195,
      `The $bucket 'default' field must be a constant expression, but found: ${show(source)}.`,
    );
  }
  const value = expression.value ?? null;
  const [low, high] = [boundaries[0] as Value, boundaries.at(-1) as Value];
  if (compareValues(value, low, setting.strings) >= 0 && compareValues(value, high, setting.strings) < 0) {
    throw new ServerError(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    );
  }
  return value;
}

function lowerBoundary(
  value: Value | undefined,
  boundaries: readonly Value[],
  other: Value | undefined,
  { strings }: StageSetting,
): Value {
  const isBelow = (boundary: Value) => compareValues(value ?? null, boundary, strings) < 0;
  const next = boundaries.findIndex(isBelow);
  if (next > 0) return boundaries[next - 1] as Value;
  if (other !== undefined) return other;
  throw new ServerError(
    40066,
    '$switch could not find a matching branch for an input, and no default was specified.',
  );
}

/** As many groups as asked for, with about the same number of documents in each; equal keys stay together. */
export const bucketAuto: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(
      40240,
      `The argument to $bucketAuto must be an object, but found type: ${typeName(operand)}.`,
    );
  }
  for (const name of operand.keys()) {
    if (name === 'granularity') throw leftOut("the option 'granularity' of $bucketAuto", 40245);
    if (!['groupBy', 'buckets', 'output'].includes(name)) {
      throw new ServerError(40245, `Unrecognized option to $bucketAuto: ${name}.`);
    }
  }
  if (!operand.has('groupBy') || !operand.has('buckets')) {
    throw new ServerError(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
  }
  const groupBy = readGroupBy('$bucketAuto', 40239, operand.get('groupBy'), setting);
  const buckets = readBuckets(operand.get('buckets') as Value);
  const accumulators = readOutput('$bucketAuto', 40244, operand.get('output'), setting);
  return {
    *run(documents) {
      const holdings = new Holdings('$bucketAuto');
      const keyed = [];
      for (const doc of documents) {
        holdings.keep(doc);
        keyed.push({ key: groupBy.evaluate(doc) ?? null, doc });
      }
      keyed.sort((a, b) => compareValues(a.key, b.key, setting.strings));
      yield* divided(keyed, buckets, accumulators, setting);
    },
  };
};

function readBuckets(source: Value): number {
  if (!isNumber(source)) {
    throw new ServerError(
      40241,
      `The $bucketAuto 'buckets' field must be a numeric value, but found type: ${typeName(source)}.`,
    );
  }
  const buckets = wholeNumber(source);
  if (buckets === undefined || (buckets | 0) !== buckets) {
    throw new ServerError(
      40242,
      `The $bucketAuto 'buckets' field must be representable as a 32-bit integer, but found ${show(source)}.`,
    );
  }
  if (buckets < 1) {
    throw new ServerError(
      40243,
      `The $bucketAuto 'buckets' field must be greater than 0, but found: ${buckets}.`,
    );
  }
  return buckets;
}

interface KeyedDocument {
  key: Value;
  doc: Document;
}

function* divided(
  keyed: readonly KeyedDocument[],
  buckets: number,
  accumulators: Accumulators,
  { strings }: StageSetting,
): Iterable<Document> {
  const size = Math.max(1, Math.round(keyed.length / buckets));
  let at = 0;
  for (let made = 1; at < keyed.length; made++) {
    let end = made === buckets ? keyed.length : Math.min(at + size, keyed.length);
    const last = (keyed[end - 1] as KeyedDocument).key;
    while (end < keyed.length && compareValues((keyed[end] as KeyedDocument).key, last, strings) === 0)
      end += 1;
    const running: DocumentRunning[] = accumulators.map(([, one]) => one.start({ strings }));
    for (const { doc } of keyed.slice(at, end)) for (const one of running) one.take(doc);
    const id: Document = new Map([
      ['min', (keyed[at] as KeyedDocument).key],
      // A bucket reaches up to where the next one begins.
      ['max', keyed[end]?.key ?? last],
    ]);
    yield resultOf(id, accumulators, running);
    at = end;
  }
}
