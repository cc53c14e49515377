import { ServerError } from '../../server-error';
import { readExpression } from '../expressions/read';
import { grouping, readAccumulators } from './group';
import type { ReadStage } from './stage';
import { sorting } from './window';

export const sortByCount: ReadStage = (operand, setting) => {
  const isPath = typeof operand === 'string' && operand.startsWith('$');
  if (operand instanceof Map && !operand.keys().next().value?.startsWith('$')) {
    throw new ServerError(
      40147,
      'the sortByCount field must be defined as a $-prefixed path or an expression inside an object',
    );
  }
  if (typeof operand === 'string' && !isPath) {
    throw new ServerError(
      40148,
      'the sortByCount field must be defined as a $-prefixed path or an expression inside an object',
    );
  }
  if (!isPath && !(operand instanceof Map)) {
    throw new ServerError(40149, 'the sortByCount field must be specified as a string or as an object');
  }
  const counts = readAccumulators(new Map([['count', new Map([['$sum', 1]])]]), setting);
  const grouped = grouping(readExpression(operand, setting), counts, setting);
  const sorted = sorting([{ path: 'count', parts: ['count'], direction: -1 }], setting);
  return { run: (documents) => sorted.run(grouped.run(documents)) };
};
