import type { Document, Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { ReadPipeline, StageSetting } from './stage';

/** The stages that make one document of one, which is what a change of a document may consist of. */
const allowed = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);

/** A pipeline as a function of one document. @throws ServerError 72 for any other stage. */
export function changing(
  stages: readonly Value[],
  setting: StageSetting,
  readPipeline: ReadPipeline,
): (doc: Document) => Document {
  for (const stage of stages) {
    const name = stage instanceof Map ? stage.keys().next().value : undefined;
    if (name?.startsWith('$') && !allowed.has(name)) {
      throw new ServerError(72, `${name} is not allowed to be used within an update`);
    }
  }
  const pipeline = readPipeline([...stages], setting);
  return (doc) => {
    const [changed] = pipeline.runWhole([doc]);
    if (!changed) throw new Error('these stages give one document for each');
    return changed;
  };
}
