import { toNumber } from '../../bson/numbers';
import { Decimal, Double, isNumber, typeName } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import { fromValues, isNothing } from './operands';
import { ofDouble, refuseUnless } from './powers';
import type { ReadOperator } from './reader';

function within(name: string, least: number, most: number): ReturnType<typeof refuseUnless> {
  const range = `[${least},${most === Number.POSITIVE_INFINITY ? 'inf' : most}]`;
  return refuseUnless(
    50989,
    `cannot apply ${name}, value must be in ${range}`,
    (n) => n >= least && n <= most,
  );
}

const finite = (name: string) =>
  refuseUnless(50989, `cannot apply ${name}, value must be in (-inf,inf)`, Number.isFinite);

const atan2: ReadOperator = fromValues('$atan2', 2, 2, ([y, x]) => {
  if (isNothing(y) || isNothing(x)) return null;
  if (!isNumber(y)) throw new ServerError(51044, `$atan2 only supports numeric types, not ${typeName(y)}`);
  if (!isNumber(x)) throw new ServerError(51045, `$atan2 only supports numeric types, not ${typeName(x)}`);
  if (y instanceof Decimal || x instanceof Decimal) throw leftOut('$atan2 of a decimal');
  return new Double(Math.atan2(toNumber(y), toNumber(x)));
});

export const trigonometry: readonly [string, ReadOperator][] = [
  ['$sin', ofDouble('$sin', Math.sin, finite('$sin'))],
  ['$cos', ofDouble('$cos', Math.cos, finite('$cos'))],
  ['$tan', ofDouble('$tan', Math.tan, finite('$tan'))],
  ['$asin', ofDouble('$asin', Math.asin, within('$asin', -1, 1))],
  ['$acos', ofDouble('$acos', Math.acos, within('$acos', -1, 1))],
  ['$atan', ofDouble('$atan', Math.atan)],
  ['$atan2', atan2],
  ['$sinh', ofDouble('$sinh', Math.sinh)],
  ['$cosh', ofDouble('$cosh', Math.cosh)],
  ['$tanh', ofDouble('$tanh', Math.tanh)],
  ['$asinh', ofDouble('$asinh', Math.asinh)],
  ['$acosh', ofDouble('$acosh', Math.acosh, within('$acosh', 1, Number.POSITIVE_INFINITY))],
  ['$atanh', ofDouble('$atanh', Math.atanh, within('$atanh', -1, 1))],
  ['$degreesToRadians', ofDouble('$degreesToRadians', (degrees) => degrees * (Math.PI / 180))],
  ['$radiansToDegrees', ofDouble('$radiansToDegrees', (radians) => radians * (180 / Math.PI))],
];
