import type { Value } from '../../bson/types';
import type { Expression } from './expression';
import { operators } from './operators';
import { type ExpressionSetting, Reader } from './reader';

/**
 * Reads an aggregation expression once, for any number of documents.
 *
 * @throws ServerError as a real server: 168 for an unknown operator, 16020 for a wrong number of operands, and so on;
 * 115 for what is left out.
 */
export function readExpression(
  source: Value,
  setting: ExpressionSetting,
  bound: readonly string[] = [],
): Expression {
  return new Reader(setting, operators, new Set(bound)).read(source);
}
