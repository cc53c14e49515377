import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { isNumber, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';

/** `n` of `$firstN` and its like. @throws ServerError 5787902, 5787903, 5787908 */
export function countOf(name: string, value: Value | undefined): number {
  if (!isNumber(value)) {
    throw new ServerError(5787902, `Value for 'n' must be of integral type, but found ${show(value)}`);
  }
  const count = wholeNumber(value);
  if (count === undefined) {
    throw new ServerError(5787903, `Value for 'n' must be of integral type, but found ${show(value)}`);
  }
  if (count <= 0)
    throw new ServerError(5787908, `'n' must be greater than 0, found ${show(value)} for ${name}`);
  return count;
}
