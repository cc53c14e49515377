import { toNumber, wholeNumber } from '../bson/numbers';
import { type Document, isNumber, typeName, type Value } from '../bson/types';
import { badValue, ServerError, typeMismatch } from '../server-error';

/** Reads the value of one field of a command. `name` is `command.field`, for the error. */
export type Reader<T> = (value: Value, name: string) => T;

/** What a command takes: a reader for each of its fields. */
export type Shape = Readonly<Record<string, Reader<unknown>>>;

export type Fields<S extends Shape> = { readonly [K in keyof S]?: ReturnType<S[K]> };

/** Fields that any command may have. Who looks at them is in ./request.ts. */
const common = new Set([
  '$db',
  '$readPreference',
  '$clusterTime',
  'lsid',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
]);

/**
 * The fields of a command, each read as its shape says. What the shape does not name is refused, never ignored.
 *
 * @throws ServerError 40415 for an unknown field, 14 for a wrong type
 */
export function readFields<S extends Shape>(command: string, source: Document, shape: S): Fields<S> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of source) {
    const read = Object.hasOwn(shape, name) ? shape[name] : undefined;
    // null is as good as nothing, as in a real server.
    if (read)
      fields[name] = value === null && read !== anything ? undefined : read(value, `${command}.${name}`);
    else if (!common.has(name) && name !== command) {
      throw new ServerError(40415, `BSON field '${command}.${name}' is an unknown field.`);
    }
  }
  return fields as Fields<S>;
}

function wrongType(name: string, value: Value, expected: string): ServerError {
  return typeMismatch(
    `BSON field '${name}' is the wrong type '${typeName(value)}', expected type '${expected}'`,
  );
}

export const anything: Reader<Value> = (value) => value;

export const aDocument: Reader<Document> = (value, name) => {
  if (value instanceof Map) return value;
  throw wrongType(name, value, 'object');
};

export const anArray: Reader<Value[]> = (value, name) => {
  if (Array.isArray(value)) return value;
  throw wrongType(name, value, 'array');
};

export const documents: Reader<Document[]> = (value, name) =>
  anArray(value, name).map((item, i) => aDocument(item, `${name}.${i}`));

export const aString: Reader<string> = (value, name) => {
  if (typeof value === 'string') return value;
  throw wrongType(name, value, 'string');
};

/** A bool, or a number that stands for one. */
export const aBoolean: Reader<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value;
  if (isNumber(value)) return toNumber(value) !== 0;
  throw wrongType(name, value, "[bool, long, int, decimal, double']");
};

/** A number of any type without a fraction. */
export const aWholeNumber: Reader<number> = (value, name) => {
  if (!isNumber(value)) throw wrongType(name, value, "[long, int, decimal, double']");
  const whole = wholeNumber(value) ?? Math.trunc(toNumber(value));
  if (!Number.isSafeInteger(whole)) throw badValue(`BSON field '${name}' is out of range`);
  return whole;
};

/** A whole number that is not below zero. */
export const aCount: Reader<number> = (value, name) => {
  const count = aWholeNumber(value, name);
  if (count >= 0) return count;
  throw badValue(`BSON field '${name.replace(/^.*\./, '')}' value must be >= 0, actual value '${count}'`);
};

/** Options of a real server that change nothing here, such as those for its memory and its plan cache. */
export const ofNoEffect: Reader<undefined> = () => undefined;
