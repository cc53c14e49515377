import { typeName, type Value } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import type { CollectionName, ReadStage } from './stage';

/** Replaces a collection with what comes in. */
export const out: ReadStage = (operand, setting) => {
  const target = readTarget(operand, setting.collection.db);
  return {
    isSink: true,
    run: (documents) => {
      setting.collections.replaceAll(target, documents);
      return [];
    },
  };
};

function readTarget(operand: Value, db: string): CollectionName {
  if (typeof operand === 'string') return { db, name: operand };
  if (!(operand instanceof Map)) {
    throw new ServerError(
      16990,
      `$out only supports a string or object argument, but found ${typeName(operand)}`,
    );
  }
  if (operand.has('timeseries')) throw leftOut('$out into a time series', 16994);
  const [name, other] = [operand.get('coll'), operand.get('db')];
  if (typeof name !== 'string' || typeof other !== 'string' || operand.size !== 2) {
    throw new ServerError(
      16994,
      "If an object is passed to $out it must have exactly 2 fields: 'db' and 'coll'",
    );
  }
  return { db: other, name };
}
