import { typeName, type Value } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import { Constant } from '../expressions/expression';
import { readExpression } from '../expressions/read';
import type { ReadStage } from './stage';

/** Documents that the pipeline itself writes out. */
export const documents: ReadStage = (operand, setting) => {
  const source = readExpression(operand, setting);
  const value: Value | undefined = source instanceof Constant ? source.value : source.evaluate(new Map());
  if (!Array.isArray(value)) {
    throw new ServerError(5858203, `an array is expected in $documents, found ${typeName(value)}`);
  }
  return {
    isSource: true,
    *run() {
      for (const doc of value) {
        if (!(doc instanceof Map)) {
          throw new ServerError(40228, `$documents must be documents, found ${typeName(doc)}`);
        }
        yield doc;
      }
    },
  };
};

const collStatsOptions = ['count', 'storageStats'];

/** What a collection holds, as far as there is something to say about it here. */
export const collStats: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(40166, `$collStats must take a nested object but found: ${typeName(operand)}`);
  }
  for (const name of operand.keys()) {
    if (!collStatsOptions.includes(name)) throw leftOut(`the option '${name}' of $collStats`, 40168);
  }
  const { collection, collections } = setting;
  return { isSource: true, run: () => collections.statistics(collection, 'collStats', operand) };
};

export const indexStats: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map) || operand.size > 0) {
    throw new ServerError(28803, 'The $indexStats stage specification must be an empty object');
  }
  const { collection, collections } = setting;
  return { isSource: true, run: () => collections.statistics(collection, 'indexStats', operand) };
};
