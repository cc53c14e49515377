import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { isNumber, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { refuseManyElements } from '../memory';
import { Constant, type Expression } from './expression';
import { compareOrMissing } from './missing';
import { fromOne, fromSequence, fromValues, isNothing, refuseWrongCount } from './operands';
import type { ReadOperator } from './reader';
import { readIndex } from './strings';

function elementAt(
  name: string,
  array: Value | undefined,
  index: Value | undefined,
  which = 'first argument',
): Value | undefined {
  if (isNothing(array) || isNothing(index)) return null;
  if (!Array.isArray(array)) {
    throw new ServerError(28689, `${name}'s ${which} must be an array, but is ${typeName(array)}`);
  }
  if (!isNumber(index)) {
    throw new ServerError(
      28690,
      `${name}'s second argument must be a numeric value, but is ${typeName(index)}`,
    );
  }
  const at = int(index);
  if (at === undefined) {
    throw new ServerError(
      28691,
      `${name}'s second argument must be representable as a 32-bit integer: ${show(index)}`,
    );
  }
  return array.at(at);
}

/** The value as a 32-bit integer, if it is one. */
export function int(value: Value): number | undefined {
  const number = wholeNumber(value);
  return number !== undefined && (number | 0) === number ? number : undefined;
}

function size(value: Value | undefined): Value {
  if (!Array.isArray(value)) {
    throw new ServerError(
      17124,
      `The argument to $size must be an array, but was of type: ${typeName(value)}`,
    );
  }
  return value.length;
}

function concatArrays(values: Iterable<Value | undefined>): Value {
  const all: Value[] = [];
  for (const value of values) {
    if (isNothing(value)) return null;
    if (!Array.isArray(value)) {
      throw new ServerError(28664, `$concatArrays only supports arrays, not ${typeName(value)}`);
    }
    refuseManyElements('$concatArrays', all.length + value.length);
    for (const item of value) all.push(item);
  }
  return all;
}

function slice(values: readonly (Value | undefined)[]): Value {
  const [array, second, third] = values;
  if (values.some(isNothing)) return null;
  if (!Array.isArray(array)) {
    throw new ServerError(
      28724,
      `First argument to $slice must be an array, but is of type: ${typeName(array)}`,
    );
  }
  const first = readInt('Second', second, 28725, 28726);
  if (values.length === 2) return first < 0 ? array.slice(first) : array.slice(0, first);
  const count = readInt('Third', third, 28727, 28728);
  if (count <= 0) throw new ServerError(28729, `Third argument to $slice must be positive: ${count}`);
  const from = first < 0 ? Math.max(0, array.length + first) : first;
  return array.slice(from, from + count);
}

function readInt(which: string, value: Value | undefined, notNumber: number, notInt: number): number {
  if (!isNumber(value)) {
    throw new ServerError(
      notNumber,
      `${which} argument to $slice must be numeric, but is of type: ${typeName(value)}`,
    );
  }
  const number = int(value);
  if (number === undefined) {
    throw new ServerError(
      notInt,
      `${which} argument to $slice can't be represented as a 32-bit integer: ${show(value)}`,
    );
  }
  return number;
}

function range(values: readonly (Value | undefined)[]): Value {
  const from = readStep('starting', values[0], 34443, 34444);
  const to = readStep('ending', values[1], 34445, 34446);
  const step = values.length > 2 ? readStep('step', values[2], 34447, 34448) : 1;
  if (step === 0) throw new ServerError(34449, '$range requires a non-zero step value');
  const length = Math.max(0, Math.ceil((to - from) / step));
  refuseManyElements('$range', length);
  return Array.from({ length }, (_, i) => from + i * step);
}

function readStep(what: string, value: Value | undefined, notNumber: number, notInt: number): number {
  if (!isNumber(value)) {
    throw new ServerError(
      notNumber,
      `$range requires a numeric ${what} value, found value of type: ${typeName(value)}`,
    );
  }
  const number = int(value);
  if (number === undefined) {
    throw new ServerError(
      notInt,
      `$range requires a ${what} value that can be represented as a 32-bit integer, found value: ${show(value)}`,
    );
  }
  return number;
}

const isIn: ReadOperator = fromValues('$in', 2, 2, ([value, array], { setting }) => {
  if (!Array.isArray(array)) {
    throw new ServerError(40081, `$in requires an array as a second argument, found: ${typeName(array)}`);
  }
  return array.some((item) => compareOrMissing(item, value, setting.strings) === 0);
});

const isConstant = (part: Expression): boolean => part instanceof Constant;

/** Evaluates its operands one after the other: after a first one that is null, the others are not looked at. */
const indexOfArray: ReadOperator = (operand, reader) => {
  const sources = Array.isArray(operand) ? operand : [operand];
  refuseWrongCount('$indexOfArray', sources.length, 2, 4);
  const parts = sources.map((source) => reader.read(source));
  const [array, wanted, from, end] = parts as [Expression, Expression, ...Expression[]];
  if (!reader.setting.defersFailures && array instanceof Constant && !parts.every(isConstant)) {
    const { value } = array;
    const refuse = () => {
      throw new ServerError(
        50809,
        `First operand of $indexOfArray must be an array. First argument is of type: ${typeName(value)}`,
      );
    };
    if (!isNothing(value) && !Array.isArray(value)) return reader.folded([], { evaluate: refuse });
  }
  return reader.folded(parts, {
    evaluate: (root, variables) => {
      const items = array.evaluate(root, variables);
      if (isNothing(items)) return null;
      if (!Array.isArray(items)) {
        throw new ServerError(
          40090,
          `$indexOfArray requires an array as a first argument, found: ${typeName(items)}`,
        );
      }
      const value = wanted.evaluate(root, variables);
      const index = (part: Expression, what: string) =>
        readIndex('$indexOfArray', `${what} index`, part.evaluate(root, variables), 9711600);
      const first = from ? index(from, 'starting') : 0;
      const last = Math.min(end ? index(end, 'ending') : items.length, items.length);
      for (let at = first; at < last; at++) {
        if (compareOrMissing(items[at], value, reader.setting.strings) === 0) return at;
      }
      return -1;
    },
  });
};

const reverse: ReadOperator = fromOne('$reverseArray', (value) => {
  if (!Array.isArray(value)) {
    throw new ServerError(
      34435,
      `The argument to $reverseArray must be an array, but was of type: ${typeName(value)}`,
    );
  }
  return [...value].reverse();
});

/** Fields of the operand that are not expressions but settings of the operator itself. */
const zip: ReadOperator = (operand, reader) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(34460, `$zip only supports an object as an argument, found ${typeName(operand)}`);
  }
  for (const name of operand.keys()) {
    if (!['inputs', 'defaults', 'useLongestLength'].includes(name)) {
      throw new ServerError(34464, `$zip found an unknown argument: ${name}`);
    }
  }
  const sources = operand.get('inputs') ?? [];
  if (!Array.isArray(sources)) {
    throw new ServerError(34461, `inputs must be an array of expressions, found ${typeName(sources)}`);
  }
  const longest = operand.get('useLongestLength') ?? false;
  if (typeof longest !== 'boolean') {
    throw new ServerError(34463, `useLongestLength must be a bool, found ${typeName(longest)}`);
  }
  const defaultSources = operand.get('defaults') ?? [];
  if (!Array.isArray(defaultSources)) {
    throw new ServerError(
      34462,
      `defaults must be an array of expressions, found ${typeName(defaultSources)}`,
    );
  }
  if (sources.length === 0) throw new ServerError(34465, '$zip requires at least one input array');
  if (defaultSources.length > 0) {
    if (!longest) throw new ServerError(34466, 'cannot specify defaults unless useLongestLength is true');
    if (defaultSources.length !== sources.length) {
      throw new ServerError(34467, 'defaults and inputs must have the same length');
    }
  }
  const inputs = sources.map((source) => reader.read(source));
  const defaults = defaultSources.map((source) => reader.read(source));
  return {
    evaluate: (root, variables) => {
      const arrays: Value[][] = [];
      for (const input of inputs) {
        const value = input.evaluate(root, variables);
        if (isNothing(value)) return null;
        if (!Array.isArray(value)) {
          throw new ServerError(34468, `$zip found a non-array expression in input: ${show(value)}`);
        }
        arrays.push(value);
      }
      const lengths = arrays.map((array) => array.length);
      const length = longest ? Math.max(...lengths) : Math.min(...lengths);
      refuseManyElements('$zip', length * arrays.length);
      const fill = defaults.map((one) => one.evaluate(root, variables) ?? null);
      return Array.from({ length }, (_, at) => arrays.map((array, i) => array[at] ?? fill[i] ?? null));
    },
  };
};

export const arrays: readonly [string, ReadOperator][] = [
  ['$arrayElemAt', fromValues('$arrayElemAt', 2, 2, ([a, b]) => elementAt('$arrayElemAt', a, b))],
  ['$first', fromValues('$first', 1, 1, ([array]) => elementAt('$first', array, 0, 'argument'))],
  ['$last', fromValues('$last', 1, 1, ([array]) => elementAt('$last', array, -1, 'argument'))],
  ['$size', fromValues('$size', 1, 1, ([array]) => size(array))],
  ['$isArray', fromValues('$isArray', 1, 1, ([value]) => Array.isArray(value))],
  ['$concatArrays', fromSequence(concatArrays)],
  ['$slice', fromValues('$slice', 2, 3, slice)],
  ['$range', fromValues('$range', 2, 3, range)],
  ['$in', isIn],
  ['$indexOfArray', indexOfArray],
  ['$reverseArray', reverse],
  ['$zip', zip],
];
