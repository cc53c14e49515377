import { compareValues } from '../../bson/compare';
import { show } from '../../bson/show';
import { typeName, type Value } from '../../bson/types';
import { readSort, Sorter, type SortPart } from '../../query/sort';
import { ServerError } from '../../server-error';
import { countOf } from '../accumulators/count';
import { startByName } from '../accumulators/table';
import { type Compute, fromNamed, fromValues, isNothing, readArguments } from './operands';
import type { ReadOperator } from './reader';

/** Accumulators that are expressions too: over the elements of one array, or over several values. */
const accumulators = ['$sum', '$avg', '$min', '$max', '$stdDevPop', '$stdDevSamp', '$mergeObjects'];

function accumulated(name: string): ReadOperator {
  const compute: Compute = (values, { setting }) => {
    const running = startByName.get(name)?.({ strings: setting.strings });
    const [first] = values;
    const items = values.length === 1 && Array.isArray(first) ? first : values;
    for (const item of items) running?.take(item);
    return running?.result;
  };
  return fromValues(name, 0, Number.POSITIVE_INFINITY, compute);
}

/** `$firstN` and its like over an array. */
function several(
  name: string,
  take: (items: readonly Value[], n: number, compare: (a: Value, b: Value) => number) => Value[],
): ReadOperator {
  const names = {
    required: ['n', 'input'],
    codes: { notObject: 5787801, unknown: 5787901, missing: [5787906, 5787907] },
  };
  return fromNamed(name, names, ({ n, input }, { setting }) => {
    const count = countOf(name, n);
    if (!Array.isArray(input))
      throw new ServerError(5788200, `Input must be an array, found: ${typeName(input)}`);
    return take(input, count, (a, b) => compareValues(a, b, setting.strings));
  });
}

const present = (items: readonly Value[]): Value[] => items.filter((item) => !isNothing(item));

const sortArray: ReadOperator = (operand, reader) => {
  const fields = readArguments('$sortArray', operand, {
    required: ['input', 'sortBy'],
    codes: { notObject: 2942500, unknown: 2942501, missing: [2942502, 2942503] },
  });
  const order = readOrder(fields.get('sortBy') as Value);
  const input = reader.read(fields.get('input') as Value);
  const { strings } = reader.setting;
  return {
    evaluate: (root, variables) => {
      const items = input.evaluate(root, variables);
      if (isNothing(items)) return null;
      if (!Array.isArray(items)) {
        throw new ServerError(
          2942504,
          `The input argument to $sortArray must be an array, but was of type: ${typeName(items)}`,
        );
      }
      if (typeof order === 'number') return [...items].sort((a, b) => order * compareValues(a, b, strings));
      const sorter = new Sorter<Value>(order, strings);
      for (const item of items) sorter.add(item instanceof Map ? item : new Map(), item);
      return sorter.sorted();
    },
  };
};

/** 1 or -1 for whole values, or a sort pattern for documents. */
function readOrder(source: Value): 1 | -1 | SortPart[] {
  if (source instanceof Map) {
    const parts = readSort(source);
    if (parts.length === 0) throw new ServerError(15976, '$sort stage must have at least one sort key');
    return parts;
  }
  if (source === 1 || source === -1) return source;
  const direction =
    typeof source === 'bigint' || typeof source === 'object' ? Number(show(source)) : Number.NaN;
  if (direction === 1 || direction === -1) return direction;
  throw new ServerError(2942507, 'The $sort element value must be either 1 or -1');
}

export const accumulatedOperators: readonly [string, ReadOperator][] = [
  ...accumulators.map((name): [string, ReadOperator] => [name, accumulated(name)]),
  ['$firstN', several('$firstN', (items, n) => items.slice(0, n))],
  ['$lastN', several('$lastN', (items, n) => items.slice(-n))],
  ['$minN', several('$minN', (items, n, compare) => present(items).sort(compare).slice(0, n))],
  [
    '$maxN',
    several('$maxN', (items, n, compare) =>
      present(items)
        .sort((a, b) => compare(b, a))
        .slice(0, n),
    ),
  ],
  ['$sortArray', sortArray],
];
