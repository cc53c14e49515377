import { typeName, type Value } from '../../bson/types';
import { failedToParse, ServerError } from '../../server-error';
import type { ReadStage } from './stage';

/** What comes in, then what another collection has. */
export const unionWith: ReadStage = (operand, setting, readPipeline) => {
  const { name, stages } = readUnion(operand);
  const collection = { db: setting.collection.db, name };
  const pipeline = readPipeline(stages, { ...setting, collection }, '$unionWith');
  return {
    *run(documents) {
      yield* documents;
      const found = pipeline.readsCollection ? setting.collections.find(collection, pipeline.query) : [];
      yield* pipeline.run(found);
    },
  };
};

function readUnion(operand: Value): { name: string; stages: Value } {
  if (typeof operand === 'string') return { name: operand, stages: [] };
  if (!(operand instanceof Map)) {
    throw failedToParse(
      `the $unionWith stage specification must be an object or string, but found ${typeName(operand)}`,
    );
  }
  for (const name of operand.keys()) {
    if (name !== 'coll' && name !== 'pipeline') {
      throw new ServerError(40415, `BSON field '$unionWith.${name}' is an unknown field.`);
    }
  }
  const name = operand.get('coll');
  const stages = operand.get('pipeline') ?? [];
  if (name === undefined) {
    const [first] = Array.isArray(stages) ? stages : [];
    if (!(first instanceof Map && first.has('$documents'))) {
      throw failedToParse(
        '$unionWith stage without explicit collection must have a pipeline with $documents as first stage',
      );
    }
    return { name: '', stages };
  }
  if (typeof name !== 'string') {
    throw new ServerError(
      14,
      `BSON field '$unionWith.coll' is the wrong type '${typeName(name)}', expected type 'string'`,
    );
  }
  return { name, stages };
}
