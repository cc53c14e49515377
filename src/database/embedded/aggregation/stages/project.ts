import { typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { Shape } from './shape';
import { readAddedFields, readProjection, readRemovedFields } from './shape-reader';
import type { ReadStage, Stage } from './stage';

/** Errors in a projection say which stage they are in. */
function within<T>(stage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    throw new ServerError(error.code, `Invalid ${stage} :: caused by :: ${error.message}`, error.details);
  }
}

function shaping(shape: Shape): Stage {
  return {
    *run(documents) {
      for (const doc of documents) yield shape.apply(doc);
    },
  };
}

export const project: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(15969, '$project specification must be an object');
  }
  return shaping(within('$project', () => readProjection(operand, setting)));
};

function addingFields(stage: '$addFields' | '$set'): ReadStage {
  return (operand, setting) => {
    if (!(operand instanceof Map)) {
      throw new ServerError(
        40272,
        `${stage} specification stage must be an object, got ${typeName(operand)}`,
      );
    }
    if (operand.size === 0) {
      throw new ServerError(
        40177,
        `Invalid ${stage} :: caused by :: specification must have at least one field`,
      );
    }
    return shaping(within(stage, () => readAddedFields(operand, setting)));
  };
}

export const addFields = addingFields('$addFields');
export const set = addingFields('$set');

export const unset: ReadStage = (operand) => {
  return shaping(within('$unset', () => readRemovedFields(readPaths(operand))));
};

function readPaths(operand: Value): string[] {
  if (typeof operand === 'string') return [operand];
  if (!Array.isArray(operand)) {
    throw new ServerError(31002, '$unset specification must be a string or an array');
  }
  if (operand.length === 0) {
    throw new ServerError(31119, '$unset specification must be a string or an array with at least one field');
  }
  return operand.map((path) => {
    if (typeof path !== 'string') {
      throw new ServerError(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    }
    return path;
  });
}
