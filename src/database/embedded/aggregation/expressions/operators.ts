import { leftOut } from '../../server-error';
import { accumulatedOperators } from './accumulated';
import { arithmetic } from './arithmetic';
import { arrays } from './arrays';
import { bindings } from './binding';
import { comparisons } from './comparison';
import { conditionals } from './conditional';
import { conversions } from './conversion';
import { dateArithmetic } from './date-arithmetic';
import { dateParts } from './date-parts';
import { dateStrings } from './date-strings';
import { miscellaneous } from './miscellaneous';
import { objects } from './objects';
import { powers } from './powers';
import type { OperatorTable, ReadOperator } from './reader';
import { regexes } from './regex';
import { roundings } from './rounding';
import { sets } from './sets';
import { strings } from './strings';
import { trigonometry } from './trigonometry';

/** Expression operators that a real server has and this one leaves out. */
export const leftOutExpressions = [
  '$accumulator',
  '$function',
  '$median',
  '$meta',
  '$percentile',
  '$toArray',
  '$toHashedIndexKey',
  '$toObject',
  '$toUUID',
] as const;

function refusing(name: string): [string, ReadOperator] {
  return [
    name,
    () => {
      throw leftOut(`the expression operator ${name}`, 168);
    },
  ];
}

/** The operators that an expression may use, for the table in docs/ too. */
export const expressionOperators: ReadonlyMap<string, ReadOperator> = new Map<string, ReadOperator>([
  ...arithmetic,
  ...roundings,
  ...powers,
  ...trigonometry,
  ...comparisons,
  ...conditionals,
  ...strings,
  ...regexes,
  ...arrays,
  ...sets,
  ...objects,
  ...bindings,
  ...accumulatedOperators,
  ...dateParts,
  ...dateArithmetic,
  ...dateStrings,
  ...conversions,
  ...miscellaneous,
]);

export const operators: OperatorTable = new Map([
  ...expressionOperators,
  ...leftOutExpressions.map(refusing),
]);
