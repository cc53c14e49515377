import { leftOut } from '../../server-error';
import { arithmetic } from './arithmetic';
import { comparisons } from './comparison';
import { conditionals } from './conditional';
import { Constant } from './expression';
import type { OperatorTable, ReadOperator } from './reader';

/** Expression operators that a real server has and this one leaves out. */
export const leftOutExpressions = [
  '$function',
  '$accumulator',
  '$meta',
  '$median',
  '$percentile',
  '$sampleRate',
  '$toHashedIndexKey',
] as const;

const literal: ReadOperator = (operand) => new Constant(operand);

/** Every operator that an expression may use. */
export const operators: OperatorTable = new Map<string, ReadOperator>([
  ['$literal', literal],
  ['$const', literal],
  ...arithmetic,
  ...comparisons,
  ...conditionals,
  ...leftOutExpressions.map((name): [string, ReadOperator] => [
    name,
    () => {
      throw leftOut(`the expression operator ${name}`, 168);
    },
  ]),
]);
