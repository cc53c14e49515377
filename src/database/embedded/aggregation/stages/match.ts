import type { Document, Value } from '../../bson/types';
import { readFilter } from '../../query/filter';
import type { FilterContext } from '../../query/filter-context';
import { allOf, type Filter } from '../../query/filter-nodes';
import { ServerError } from '../../server-error';
import { Constant } from '../expressions/expression';
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
  const filter = readFilter(source, filterContext(setting));
  const bounds = equalitiesOf(source.get('$expr'), setting);
  return bounds.length === 0 ? filter : allOf([filter, ...bounds]);
}

/**
 * What an `$expr` says about single fields, as filters that an index can answer. They hold for all that the expression
 * holds for, and are asked beside it.
 */
function equalitiesOf(source: Value | undefined, setting: ExpressionSetting): Filter[] {
  if (!(source instanceof Map) || source.size !== 1) return [];
  const all = source.get('$and');
  if (Array.isArray(all)) return all.flatMap((part) => equalitiesOf(part, setting));
  const sides = source.get('$eq');
  if (!Array.isArray(sides) || sides.length !== 2) return [];
  const [left, right] = sides as [Value, Value];
  return [equality(left, right, setting), equality(right, left, setting)].filter((one) => one !== undefined);
}

function equality(path: Value, operand: Value, setting: ExpressionSetting): Filter | undefined {
  if (typeof path !== 'string' || !/^\$[^$]/.test(path)) return undefined;
  const expression = readExpression(operand, setting);
  const value = expression instanceof Constant ? expression.value : undefined;
  // Along a path, arrays mean different things to a filter and to an expression.
  if (value === undefined || Array.isArray(value)) return undefined;
  return readFilter(new Map([[path.slice(1), new Map([['$eq', value]])]]), filterContext(setting));
}

export const match: ReadStage = (operand, setting): Stage => {
  const filter = readMatch(operand, setting);
  return { part: { kind: 'match', filter }, run: (documents) => filtered(documents, filter) };
};

function* filtered(documents: Iterable<Document>, filter: Filter): Iterable<Document> {
  for (const doc of documents) if (filter.matches(doc)) yield doc;
}
