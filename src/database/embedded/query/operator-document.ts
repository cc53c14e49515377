import type { Document, Value } from '../bson/types';

/** The fields of a DBRef: the only names with a dollar that a filter takes for fields. */
const dbRefFields: readonly string[] = ['$ref', '$id', '$db'];

export const isDbRefField = (name: string): boolean => dbRefFields.includes(name);

/** Whether a value in a filter is a set of operators: decided by the first name, unless it is a DBRef. */
export function isOperatorDocument(value: Value): value is Document {
  return startsWithDollar(value) && !(value.has('$ref') && value.has('$id'));
}

export const hasDbRefField = (value: Document): boolean => dbRefFields.some((name) => value.has(name));

/** Whether the condition of an `$elemMatch` tests the elements themselves, and not fields in them. */
export function testsElements(condition: Document): boolean {
  if (!startsWithDollar(condition) || hasDbRefField(condition)) return false;
  return !['$and', '$or', '$nor', '$where', '$expr'].includes(condition.keys().next().value ?? '');
}

function startsWithDollar(value: Value): value is Document {
  return value instanceof Map && value.keys().next().value?.startsWith('$') === true;
}
