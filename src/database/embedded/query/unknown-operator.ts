import { badValue, leftOut, type ServerError } from '../server-error';

/** Query operators that a real server has and this one leaves out. */
export const leftOutQueryOperators = [
  '$where',
  '$text',
  '$jsonSchema',
  '$near',
  '$nearSphere',
  '$geoWithin',
  '$geoIntersects',
  '$sampleRate',
] as const;

const isLeftOut = (name: string): boolean => (leftOutQueryOperators as readonly string[]).includes(name);

/** The error for an operator that is not known here: one of MongoDB's that is left out, or `message` as MongoDB says it. */
export function unknownOperator(name: string, message: string): ServerError {
  return isLeftOut(name) ? leftOut(`the query operator ${name}`, 2) : badValue(message);
}
