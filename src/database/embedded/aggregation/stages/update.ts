import type { Document, Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { ExpressionSetting } from '../expressions/reader';
import { readPipeline } from './pipeline';
import type { Collections } from './stage';

/** The stages that an update by pipeline may have: those that make one document of one. */
const allowed = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);

const noCollections = new Proxy({} as Collections, {
  get: () => {
    throw new Error('an update by pipeline reads no collection');
  },
});

/**
 * Reads the pipeline of an update: a function from the document as it is to the document as it is to be.
 *
 * @throws ServerError 72 for a stage that an update may not have, and those of readPipeline.
 */
export function readUpdatePipeline(
  stages: readonly Value[],
  setting: ExpressionSetting,
): (doc: Document) => Document {
  for (const stage of stages) {
    const name = stage instanceof Map ? [...stage.keys()][0] : undefined;
    if (name?.startsWith('$') && !allowed.has(name)) {
      throw new ServerError(72, `${name} is not allowed to be used within an update`);
    }
  }
  const pipeline = readPipeline([...stages], {
    ...setting,
    collection: { db: '', name: '' },
    collections: noCollections,
  });
  return (doc) => {
    for (const result of pipeline.run([doc])) return result;
    throw new Error('these stages give one document for each');
  };
}
