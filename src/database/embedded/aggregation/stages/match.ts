import type { Document, Value } from '../../bson/types';
import { type Filter, type FilterContext, readFilter } from '../../query/filter';
import { ServerError } from '../../server-error';
import { isTrue } from '../expressions/operands';
import { readExpression } from '../expressions/read';
import type { ExpressionSetting } from '../expressions/reader';
import type { ReadStage, Stage } from './stage';

/** What a filter, and the projection beside it, need in order to understand expressions. */
export function filterContext(setting: ExpressionSetting): FilterContext {
  return {
    strings: setting.strings,
    expression: (source) => {
      const expression = readExpression(source, setting);
      return (root) => isTrue(expression.evaluate(root));
    },
    compute: (source) => {
      const expression = readExpression(source, setting);
      return (root) => expression.evaluate(root);
    },
  };
}

export function readMatch(source: Value, setting: ExpressionSetting): Filter {
  if (!(source instanceof Map)) {
    throw new ServerError(15959, 'the match filter must be an expression in an object');
  }
  return readFilter(source, filterContext(setting));
}

export const match: ReadStage = (operand, setting): Stage => {
  const filter = readMatch(operand, setting);
  return { part: { kind: 'match', filter }, run: (documents) => filtered(documents, filter) };
};

function* filtered(documents: Iterable<Document>, filter: Filter): Iterable<Document> {
  for (const doc of documents) if (filter.matches(doc)) yield doc;
}
