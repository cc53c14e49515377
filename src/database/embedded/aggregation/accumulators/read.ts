import { show } from '../../bson/show';
import type { Document, Value } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import type { Expression } from '../expressions/expression';
import type { RunningSetting } from './accumulator';
import { countOf } from './count';
import { Best, FirstOrLast, readOrder } from './several';
import { startByName } from './table';

/** An accumulator of `$group`, parsed. */
export interface Accumulator {
  start(setting: RunningSetting): DocumentRunning;
}

export interface DocumentRunning {
  take(doc: Document): void;
  readonly result: Value | undefined;
}

type Read = (source: Value) => Expression;

/** Accumulators that a real server has and this one leaves out. */
export const leftOutAccumulators = ['$accumulator', '$median', '$percentile'] as const;

const several = ['$firstN', '$lastN', '$minN', '$maxN', '$top', '$topN', '$bottom', '$bottomN'] as const;

/** The accumulators that `$group` knows, for the table in docs/. */
export const accumulatorNames: readonly string[] = [...startByName.keys(), '$count', ...several];

/**
 * Reads `{ $sum: … }` of a field of `$group`.
 *
 * @throws ServerError 40234, 40237, 40238, 15952
 */
export function readAccumulator(field: string, source: Value, read: Read): Accumulator {
  if (!(source instanceof Map)) {
    throw new ServerError(40234, `The field '${field}' must be an accumulator object`);
  }
  if (source.size !== 1) throw new ServerError(40238, `The field '${field}' must specify one accumulator`);
  const [name, operand] = [...source][0] as [string, Value];
  if (!name.startsWith('$')) {
    throw new ServerError(40234, `The field '${field}' must be an accumulator object`);
  }
  if ((leftOutAccumulators as readonly string[]).includes(name))
    throw leftOut(`the accumulator ${name}`, 15952);
  if (name === '$count') return readCount(operand);
  if ((several as readonly string[]).includes(name)) return readSeveral(name, operand, read);
  const start = startByName.get(name);
  if (!start) throw new ServerError(15952, `unknown group operator '${name}'`);
  if (Array.isArray(operand)) throw new ServerError(40237, `The ${name} accumulator is a unary operator`);
  const argument = read(operand);
  return {
    start: (setting) => {
      const running = start(setting);
      return {
        take: (doc) => {
          if (!running.isComplete) running.take(argument.evaluate(doc));
        },
        get result() {
          return running.result;
        },
      };
    },
  };
}

function readCount(operand: Value): Accumulator {
  if (!(operand instanceof Map) || operand.size > 0) {
    throw new ServerError(14, '$count takes no arguments, i.e. $count:{}');
  }
  return {
    start: () => {
      let result = 0;
      return {
        take: () => {
          result += 1;
        },
        get result() {
          return result;
        },
      };
    },
  };
}

function readSeveral(name: string, operand: Value, read: Read): Accumulator {
  if (!(operand instanceof Map)) {
    const code = /op|ottom/.test(name) ? 5788001 : 5787801;
    throw new ServerError(code, `specification must be an object; found ${name}: ${show(operand)}`);
  }
  return /^\$(top|bottom)/.test(name) ? readTop(name, operand, read) : readInputN(name, operand, read);
}

function readInputN(name: string, operand: Document, read: Read): Accumulator {
  const { n, input } = named(name, operand, ['n', 'input'], 5787901, [5787906, 5787907]);
  const count = read(n as Value);
  const argument = read(input as Value);
  return {
    start: (setting) => {
      const most = readCountOf(name, count);
      const sign = name === '$maxN' ? -1 : 1;
      const running =
        name === '$minN' || name === '$maxN'
          ? new Best(most, [sign], setting)
          : new FirstOrLast(most, name === '$firstN' ? 'first' : 'last', setting);
      return {
        take: (doc) => {
          const value = argument.evaluate(doc);
          if (running instanceof FirstOrLast) running.take(value);
          else if (value !== undefined && value !== null) running.take([value], value);
        },
        get result() {
          return running.result;
        },
      };
    },
  };
}

function readTop(name: string, operand: Document, read: Read): Accumulator {
  const isSingle = name === '$top' || name === '$bottom';
  const names = isSingle ? ['sortBy', 'output'] : ['n', 'sortBy', 'output'];
  const fields = named(name, operand, names, 5788002, [5788003, 5788004, 5788005]);
  const order = readOrder(fields['sortBy'] as Value);
  const output = read(fields['output'] as Value);
  const count = isSingle ? undefined : read(fields['n'] as Value);
  return {
    start: (setting) => {
      const most = count ? readCountOf(name, count) : 1;
      const isTop = name.startsWith('$top');
      const running = new Best(most, order.directions, setting, isTop ? 'top' : 'bottom');
      return {
        take: (doc) => running.take(order.keyOf(doc, setting.strings), output.evaluate(doc) ?? null),
        get result() {
          const all = running.result as Value[];
          return isSingle ? all[0] : all;
        },
      };
    },
  };
}

function named(
  name: string,
  operand: Document,
  names: readonly string[],
  unknownCode: number,
  missingCodes: readonly number[],
): Record<string, Value> {
  for (const key of operand.keys()) {
    if (!names.includes(key))
      throw new ServerError(unknownCode, `Unknown argument for ${name} operator: ${key}`);
  }
  for (const [i, key] of names.entries()) {
    if (!operand.has(key)) {
      throw new ServerError(missingCodes[i] ?? unknownCode, `Missing value for '${key}'`);
    }
  }
  return Object.fromEntries(operand);
}

function readCountOf(name: string, expression: Expression): number {
  return countOf(name, expression.evaluate(new Map()));
}
