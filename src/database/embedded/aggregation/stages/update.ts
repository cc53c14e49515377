import type { Document, Value } from '../../bson/types';
import type { ExpressionSetting } from '../expressions/reader';
import { changing } from './changing';
import { readPipeline } from './pipeline';
import type { Collections } from './stage';

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
  const nowhere = {
    ...setting,
    defersFailures: true,
    collection: { db: '', name: '' },
    collections: noCollections,
  };
  return changing(stages, nowhere, readPipeline);
}
