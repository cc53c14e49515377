import type { Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { ReadStage } from './stage';

/** `{ $count: 'n' }`: one document, or none where there was nothing to count. */
export const count: ReadStage = (operand) => {
  const name = readName(operand);
  return {
    *run(documents) {
      let found = 0;
      for (const _ of documents) found += 1;
      if (found > 0) yield new Map([[name, found]]);
    },
  };
};

const nonEmpty = 'the count field must be a non-empty string';

function readName(operand: Value): string {
  if (typeof operand !== 'string') throw new ServerError(40156, nonEmpty);
  if (operand === '') throw new ServerError(40157, nonEmpty);
  if (operand.startsWith('$')) throw new ServerError(40158, 'the count field cannot be a $-prefixed path');
  if (operand.includes('\0')) throw new ServerError(40159, 'the count field cannot contain a null byte');
  if (operand.includes('.')) throw new ServerError(40160, "the count field cannot contain '.'");
  return operand;
}
