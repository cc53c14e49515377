import type { Document, Value } from '../../bson/types';
import { Constant, type Expression, type Variables } from './expression';
import { compareOrMissing } from './missing';
import { fromValues, isTrue, refuseWrongCount } from './operands';
import type { ReadOperator } from './reader';

function comparison(name: string, accepts: (order: number) => Value): ReadOperator {
  return fromValues(name, 2, 2, ([a, b], reader) => accepts(compareOrMissing(a, b, reader.setting.strings)));
}

/** `$and` and `$or` stop at the first operand that decides. */
function shortCircuit(decisive: boolean): ReadOperator {
  return (operand, reader) => {
    const parts = (Array.isArray(operand) ? operand : [operand]).map((source) => reader.read(source));
    const evaluate = (root: Document, variables?: Variables): boolean => {
      for (const part of parts) if (isTrue(part.evaluate(root, variables)) === decisive) return decisive;
      return !decisive;
    };
    if (parts.some((part) => part instanceof Constant && isTrue(part.value) === decisive)) {
      return new Constant(decisive);
    }
    return reader.folded(parts, { evaluate });
  };
}

const not: ReadOperator = (operand, reader) => {
  const sources = Array.isArray(operand) ? operand : [operand];
  refuseWrongCount('$not', sources.length, 1, 1);
  const part: Expression = reader.read(sources[0] as Value);
  return reader.folded([part], { evaluate: (root, variables) => !isTrue(part.evaluate(root, variables)) });
};

export const comparisons: readonly [string, ReadOperator][] = [
  ['$eq', comparison('$eq', (order) => order === 0)],
  ['$ne', comparison('$ne', (order) => order !== 0)],
  ['$gt', comparison('$gt', (order) => order > 0)],
  ['$gte', comparison('$gte', (order) => order >= 0)],
  ['$lt', comparison('$lt', (order) => order < 0)],
  ['$lte', comparison('$lte', (order) => order <= 0)],
  ['$cmp', comparison('$cmp', (order) => Math.sign(order))],
  ['$and', shortCircuit(false)],
  ['$or', shortCircuit(true)],
  ['$not', not],
];
