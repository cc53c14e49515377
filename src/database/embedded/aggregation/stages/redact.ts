import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { type Expression, Variables } from '../expressions/expression';
import { readExpression } from '../expressions/read';
import type { ReadStage } from './stage';

/** What the variables of this stage stand for. */
const verdicts = { DESCEND: 'descend', PRUNE: 'prune', KEEP: 'keep' } as const;

/** Keeps or drops each document, and with `$$DESCEND` each document within it. */
export const redact: ReadStage = (operand, setting) => {
  const given = new Map<string, Value | undefined>([...(setting.given ?? []), ...Object.entries(verdicts)]);
  const expression = readExpression(operand, { ...setting, given }, ['CURRENT']);
  return {
    *run(documents) {
      for (const doc of documents) {
        const left = redacted(doc, doc, expression);
        if (left) yield left;
      }
    },
  };
};

function redacted(current: Document, root: Document, expression: Expression): Document | undefined {
  const verdict = expression.evaluate(root, new Variables('CURRENT', current, undefined));
  if (verdict === verdicts.KEEP) return current;
  if (verdict === verdicts.PRUNE) return undefined;
  if (verdict !== verdicts.DESCEND) {
    throw new ServerError(
      17053,
      "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, " +
        `but returned ${verdict === undefined ? typeName(verdict) : show(verdict)}`,
    );
  }
  const result: Document = new Map();
  for (const [name, value] of current) {
    const left = redactedValue(value, root, expression);
    if (left !== undefined) result.set(name, left);
  }
  return result;
}

function redactedValue(value: Value, root: Document, expression: Expression): Value | undefined {
  if (value instanceof Map) return redacted(value, root, expression);
  if (!Array.isArray(value)) return value;
  return value.map((item) => redactedValue(item, root, expression)).filter((item) => item !== undefined);
}
