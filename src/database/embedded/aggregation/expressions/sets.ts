import { type CompareStrings, compareValues } from '../../bson/compare';
import { typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { fromValues, isNothing, isTrue } from './operands';
import type { ReadOperator } from './reader';
import { ValueSet } from './value-set';

const MANY = Number.POSITIVE_INFINITY;

function setOf(values: readonly Value[], strings?: CompareStrings): ValueSet {
  const set = new ValueSet(strings);
  for (const value of values) set.add(value);
  return set;
}

/** The results of unions and intersections come in order, as a server gives them. */
function inOrder(values: readonly Value[], strings?: CompareStrings): Value[] {
  return [...values].sort((a, b) => compareValues(a, b, strings));
}

const union: ReadOperator = fromValues('$setUnion', 0, MANY, (values, { setting: { strings } }) => {
  const all = new ValueSet(strings);
  for (const value of values) {
    if (isNothing(value)) return null;
    if (!Array.isArray(value)) {
      throw new ServerError(
        17043,
        `All operands of $setUnion must be arrays. One argument is of type: ${typeName(value)}`,
      );
    }
    for (const item of value) all.add(item);
  }
  return inOrder(all.values(), strings);
});

const intersection: ReadOperator = fromValues(
  '$setIntersection',
  0,
  MANY,
  (values, { setting: { strings } }) => {
    let common: readonly Value[] | undefined;
    for (const value of values) {
      if (isNothing(value)) return null;
      if (!Array.isArray(value)) {
        throw new ServerError(
          17047,
          `All operands of $setIntersection must be arrays. One argument is of type: ${typeName(value)}`,
        );
      }
      const set = setOf(value, strings);
      common = common === undefined ? set.values() : common.filter((item) => set.has(item));
    }
    return inOrder(common ?? [], strings);
  },
);

const difference: ReadOperator = fromValues('$setDifference', 2, 2, ([a, b], { setting: { strings } }) => {
  if (isNothing(a) || isNothing(b)) return null;
  const kept = twoArrays('$setDifference', a, b, [17048, 17049]);
  const excluded = setOf(kept[1], strings);
  return kept[0].filter((item) => excluded.add(item));
});

const isSubset: ReadOperator = fromValues('$setIsSubset', 2, 2, ([a, b], { setting: { strings } }) => {
  const [part, whole] = twoArrays('$setIsSubset', a, b, [17046, 17042]);
  const set = setOf(whole, strings);
  return part.every((item) => set.has(item));
});

function twoArrays(
  name: string,
  a: Value | undefined,
  b: Value | undefined,
  codes: readonly [number, number],
): [Value[], Value[]] {
  if (!Array.isArray(a)) {
    throw new ServerError(
      codes[0],
      `both operands of ${name} must be arrays. First argument is of type: ${typeName(a)}`,
    );
  }
  if (!Array.isArray(b)) {
    throw new ServerError(
      codes[1],
      `both operands of ${name} must be arrays. Second argument is of type: ${typeName(b)}`,
    );
  }
  return [a, b];
}

const equals: ReadOperator = fromValues('$setEquals', 2, MANY, (values, { setting: { strings } }) => {
  const sets = values.map((value, i) => {
    if (!Array.isArray(value)) {
      throw new ServerError(
        17044,
        `All operands of $setEquals must be arrays. ${i + 1}-th argument is of type: ${typeName(value)}`,
      );
    }
    return setOf(value, strings);
  });
  const [first, ...others] = sets as [ValueSet, ...ValueSet[]];
  return others.every(
    (set) => set.values().length === first.values().length && set.values().every((item) => first.has(item)),
  );
});

function elementsTrue(name: string, code: number, test: (values: readonly Value[]) => boolean): ReadOperator {
  return fromValues(name, 1, 1, ([value]) => {
    if (!Array.isArray(value)) {
      throw new ServerError(code, `${name}'s argument must be an array, but is ${typeName(value)}`);
    }
    return test(value);
  });
}

export const sets: readonly [string, ReadOperator][] = [
  ['$setUnion', union],
  ['$setIntersection', intersection],
  ['$setDifference', difference],
  ['$setIsSubset', isSubset],
  ['$setEquals', equals],
  ['$anyElementTrue', elementsTrue('$anyElementTrue', 17041, (values) => values.some(isTrue))],
  ['$allElementsTrue', elementsTrue('$allElementsTrue', 17040, (values) => values.every(isTrue))],
];
