import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { Holdings } from '../memory';
import type { Pipeline, ReadStage } from './stage';

/** Stages that make no sense on the documents of another stage. */
const notWithin = [
  '$facet',
  '$out',
  '$merge',
  '$geoNear',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
  '$documents',
  '$changeStream',
];

/** Several pipelines over the same documents, each result one array of one document. */
export const facet: ReadStage = (operand, setting, readPipeline) => {
  if (!(operand instanceof Map) || operand.size === 0) {
    throw new ServerError(40169, 'the $facet specification must be a non-empty object');
  }
  const pipelines = [...operand].map(([name, stages]): [string, Pipeline] => {
    if (name === '' || name.startsWith('$') || name.includes('.')) {
      throw new ServerError(40173, `the name '${name}' of a $facet's output is no field name`);
    }
    refuseStages(name, stages);
    return [name, readPipeline(stages, setting, '$facet')];
  });
  return {
    *run(documents) {
      const holdings = new Holdings('$facet');
      const all: Document[] = [];
      for (const doc of documents) {
        holdings.keep(doc);
        all.push(doc);
      }
      const result: Document = new Map();
      for (const [name, pipeline] of pipelines) {
        const found: Document[] = [];
        for (const doc of pipeline.runWhole(all)) {
          holdings.keep(doc);
          found.push(doc);
        }
        result.set(name, found);
      }
      yield result;
    },
  };
};

function refuseStages(name: string, stages: Value): void {
  if (!Array.isArray(stages)) {
    throw new ServerError(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(stages)}`);
  }
  refuseWithin(stages, '');
}

/** Looks into the pipelines of the stages too. */
function refuseWithin(stages: readonly Value[], where: string): void {
  for (const stage of stages) {
    if (!(stage instanceof Map)) continue;
    const [name, operand] = [...stage][0] ?? [];
    if (name !== undefined && notWithin.includes(name)) {
      throw new ServerError(40600, `${name}${where} is not allowed to be used within a $facet stage`);
    }
    const inner = operand instanceof Map ? operand.get('pipeline') : undefined;
    if (Array.isArray(inner)) refuseWithin(inner, ` inside of ${name}`);
  }
}
