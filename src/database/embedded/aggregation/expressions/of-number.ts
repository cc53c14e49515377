import { isNumber, type NumberValue, typeName } from '../../bson/types';
import { ServerError } from '../../server-error';
import { fromOne } from './operands';
import type { ReadOperator } from './reader';

/** An operator of one number; anything else is refused. */
export function ofNumber(name: string, compute: (value: NumberValue) => NumberValue): ReadOperator {
  return fromOne(name, (value) => {
    if (!isNumber(value)) {
      throw new ServerError(28765, `${name} only supports numeric types, not ${typeName(value)}`);
    }
    return compute(value);
  });
}
