import { Binary, Double, Timestamp, typeName } from '../../bson/types';
import { ServerError } from '../../server-error';
import { Constant } from './expression';
import { fromOne, refuseWrongCount } from './operands';
import type { ReadOperator } from './reader';

const literal: ReadOperator = (operand) => new Constant(operand);

/** Another number for each document, so never worked out beforehand. */
const rand: ReadOperator = (operand) => {
  const isEmpty =
    operand instanceof Map ? operand.size === 0 : Array.isArray(operand) && operand.length === 0;
  if (!isEmpty) refuseWrongCount('$rand', Array.isArray(operand) ? operand.length : 1, 0, 0);
  return { evaluate: () => new Double(Math.random()) };
};

function ofTimestamp(name: string, code: number, read: (value: bigint) => bigint): ReadOperator {
  return fromOne(name, (value) => {
    if (!(value instanceof Timestamp)) {
      throw new ServerError(code, `Argument to ${name} must be a timestamp, but is ${typeName(value)}`);
    }
    return read(value.value);
  });
}

const binarySize: ReadOperator = fromOne('$binarySize', (value) => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Binary) return value.bytes.length;
  throw new ServerError(
    51276,
    `$binarySize requires a string or BinData argument, found: ${typeName(value)}`,
  );
});

export const miscellaneous: readonly [string, ReadOperator][] = [
  ['$literal', literal],
  ['$const', literal],
  ['$rand', rand],
  ['$binarySize', binarySize],
  ['$tsSecond', ofTimestamp('$tsSecond', 5687301, (value) => value >> 32n)],
  ['$tsIncrement', ofTimestamp('$tsIncrement', 5687302, (value) => value & 0xffff_ffffn)],
];
