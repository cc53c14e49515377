import { isNullish } from '../../bson/compare';
import { type Document, typeName, type Value } from '../../bson/types';
import { valueAt } from '../../query/path';
import { ServerError } from '../../server-error';
import { readFieldPath } from '../expressions/field-path';
import { withValueAt } from './nested';
import type { ReadStage } from './stage';

interface Unwinding {
  path: readonly string[];
  keepsEmpty: boolean;
  indexPath?: readonly string[];
}

/** One document for each element of an array; what is no array counts as one element. */
export const unwind: ReadStage = (operand) => {
  const unwinding = readUnwind(operand);
  return {
    *run(documents) {
      for (const doc of documents) yield* unwound(doc, unwinding);
    },
  };
};

function* unwound(doc: Document, { path, keepsEmpty, indexPath }: Unwinding): Iterable<Document> {
  const value = valueAt(doc, path);
  const withIndex = (result: Document, index: Value): Document =>
    indexPath ? withValueAt(result, indexPath, index) : result;
  if (Array.isArray(value) && value.length > 0) {
    for (const [i, item] of value.entries()) yield withIndex(withValueAt(doc, path, item), BigInt(i));
  } else if (Array.isArray(value)) {
    if (keepsEmpty) yield withIndex(withValueAt(doc, path, undefined), null);
  } else if (!isNullish(value) || keepsEmpty) yield withIndex(doc, null);
}

function readUnwind(operand: Value): Unwinding {
  if (typeof operand === 'string') return { path: readPath(operand), keepsEmpty: false };
  if (!(operand instanceof Map)) {
    throw new ServerError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(operand)}`,
    );
  }
  const keepsEmpty = operand.get('preserveNullAndEmptyArrays') ?? false;
  if (typeof keepsEmpty !== 'boolean') {
    throw new ServerError(
      28809,
      `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(keepsEmpty)}`,
    );
  }
  for (const name of operand.keys()) {
    if (!['path', 'preserveNullAndEmptyArrays', 'includeArrayIndex'].includes(name)) {
      throw new ServerError(28811, `unrecognized option to $unwind stage: ${name}`);
    }
  }
  const index = operand.get('includeArrayIndex');
  const path = operand.get('path');
  if (path === undefined) throw new ServerError(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string') {
    throw new ServerError(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  }
  if (index === undefined) return { path: readPath(path), keepsEmpty };
  return { path: readPath(path), keepsEmpty, indexPath: readIndexPath(index) };
}

function readPath(source: string): string[] {
  if (source === '') throw new ServerError(28812, 'no path specified to $unwind stage');
  if (!source.startsWith('$')) {
    throw new ServerError(28818, `path option to $unwind stage should be prefixed with a '$': ${source}`);
  }
  return readFieldPath(source.slice(1));
}

function readIndexPath(source: Value): string[] {
  if (typeof source !== 'string' || source === '') {
    throw new ServerError(
      28810,
      `expected a non-empty string for the includeArrayIndex option to $unwind stage, got ${typeName(source)}`,
    );
  }
  if (source.startsWith('$')) {
    throw new ServerError(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${source}`,
    );
  }
  return readFieldPath(source);
}
