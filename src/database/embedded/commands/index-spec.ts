import { filterContext } from '../aggregation/stages/match';
import { toNumber, wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { type Document, isNumber, typeName, type Value } from '../bson/types';
import { readFilter } from '../query/filter';
import { withoutExpressions } from '../query/filter-context';
import type { Filter } from '../query/filter-nodes';
import { isDbRefField } from '../query/operator-document';
import { badValue, failedToParse, leftOut, ServerError, typeMismatch } from '../server-error';
import { isIdKey } from '../storage/index-definition';

/** Options of an index that this server has. */
export const indexOptions = [
  ...['key', 'name', 'v', 'unique', 'sparse', 'hidden', 'background', 'expireAfterSeconds'],
  'partialFilterExpression',
];

/** Options, and kinds of keys, that only a MongoDB server has. */
export const leftOutIndexOptions = [
  ...['wildcardProjection', 'weights', 'default_language', 'language_override', 'textIndexVersion'],
  ...[
    '2dsphereIndexVersion',
    'bits',
    'min',
    'max',
    'bucketSize',
    'storageEngine',
    'collation',
    'prepareUnique',
  ],
  'clustered',
];
export const leftOutIndexKinds = ['text', '2d', '2dsphere', 'hashed', 'geoHaystack', 'columnstore'];

/**
 * Checks one element of `createIndexes` and answers with the specification to store and to list.
 *
 * @throws ServerError as a real server for what it refuses, and for what is left out
 */
export function readIndexSpec(source: Document): Document {
  const key = source.get('key');
  for (const name of source.keys()) {
    if (leftOutIndexOptions.includes(name)) refuseLeftOut(name, source.get(name) as Value);
    else if (!indexOptions.includes(name)) {
      const message = `The field '${name}' is not valid for an index specification. Specification: ${show(source)}`;
      throw inSpecification(source, new ServerError(197, message));
    }
  }
  if (key === undefined) throw inSpecification(source, missing('key'));
  if (!(key instanceof Map)) throw inSpecification(source, typeMismatch("The field 'key' must be an object"));
  refuseBadKey(key, source);
  if (!source.has('name')) throw inSpecification(source, missing('name'));
  const name = source.get('name');
  if (typeof name !== 'string')
    throw inSpecification(source, typeMismatch("The field 'name' must be a string"));
  if (name === '') throw inSpecification(source, cannotCreate('index name cannot be empty'));
  if (name.includes('\0')) throw inSpecification(source, cannotCreate('index name cannot contain NUL bytes'));
  if (isIdKey(key)) return idSpec(source, key);
  if (key.size === 1 && key.has('_id')) {
    throw badValue(`The field 'key' for an _id index must be {_id: 1}, but got ${show(key)}`);
  }
  // In dropIndexes it stands for all of them.
  if (name === '*') throw badValue("The index name '*' is not valid.");
  if (name === '_id_') {
    throw badValue(
      `The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}, found key: ${show(key)}`,
    );
  }
  const v = source.get('v');
  if (v !== undefined && wholeNumber(v) !== 2) {
    throw inSpecification(source, cannotCreate(`Invalid index version v: ${show(v)}; the only version is 2`));
  }
  return normalised(source, key, name);
}

function idSpec(source: Document, key: Document): Document {
  for (const option of source.keys()) {
    if (['key', 'name', 'v', 'collation'].includes(option)) continue;
    throw new ServerError(
      197,
      `The field '${option}' is not valid for an _id index specification. Specification: ${show(source)}`,
    );
  }
  return new Map<string, Value>([
    ['v', 2],
    ['key', key],
    ['name', '_id_'],
  ]);
}

function normalised(source: Document, key: Document, name: string): Document {
  const spec: Document = new Map<string, Value>([
    ['v', 2],
    ['key', key],
    ['name', name],
  ]);
  for (const [option, value] of source) {
    if (['unique', 'sparse', 'hidden', 'background'].includes(option)) {
      if (isTrue(option, value, source)) spec.set(option, true);
    } else if (option === 'expireAfterSeconds') spec.set(option, readExpiry(value, key, source));
    else if (option === 'partialFilterExpression') spec.set(option, readPartial(value, source));
  }
  if (spec.has('sparse') && spec.has('partialFilterExpression')) {
    throw inSpecification(source, cannotCreate('cannot mix "partialFilterExpression" and "sparse" options'));
  }
  return spec;
}

function isTrue(option: string, value: Value, source: Document): boolean {
  if (typeof value === 'boolean') return value;
  if (isNumber(value)) return toNumber(value) !== 0;
  throw inSpecification(
    source,
    typeMismatch(`The field '${option}' has value ${show(value)}, which is not convertible to bool`),
  );
}

function refuseBadKey(key: Document, source: Document): void {
  if (key.size === 0) throw inSpecification(source, cannotCreate('Index keys cannot be empty.'));
  if (key.size > 32) throw inSpecification(source, cannotCreate('An index can have at most 32 fields.'));
  for (const [path, direction] of key) {
    if (typeof direction === 'string') {
      if (leftOutIndexKinds.includes(direction)) throw leftOut(`an index of kind ${direction}`, 67);
      throw inSpecification(source, cannotCreate(`Unknown index plugin '${direction}'`));
    }
    if (!isNumber(direction)) {
      const message = `Values in v:2 index key pattern cannot be of type ${typeName(direction)}. Only numbers > 0, numbers < 0, and strings are allowed.`;
      throw inSpecification(source, cannotCreate(message));
    }
    const number = toNumber(direction);
    if (number === 0)
      throw inSpecification(source, cannotCreate('Values in the index key pattern cannot be 0.'));
    if (Number.isNaN(number))
      throw inSpecification(source, cannotCreate('Values in the index key pattern cannot be NaN.'));
    refuseBadPath(path, source);
  }
}

function refuseBadPath(path: string, source: Document): void {
  const parts = path.split('.');
  if (parts.includes('$**')) throw leftOut('a wildcard index', 67);
  if (parts.includes(''))
    throw inSpecification(source, cannotCreate('Index keys cannot contain an empty field.'));
  if (parts.some((part) => part.startsWith('$') && !isDbRefField(part))) {
    const message = `Index key contains an illegal field name: field name starts with '$'.`;
    throw inSpecification(source, cannotCreate(message));
  }
}

/** The longest time that a TTL index may have, in seconds. */
const LONGEST_EXPIRY = 2 ** 31 - 1;

function readExpiry(value: Value, key: Document, source: Document): Value {
  const cause = (text: string) => cannotCreate(`. Index spec: ${show(source)} :: caused by :: ${text}`);
  if (!isNumber(value)) {
    throw cause(
      `TTL index 'expireAfterSeconds' option must be numeric, but received a type of '${typeName(value)}`,
    );
  }
  const seconds = toNumber(value);
  if (seconds < 0) throw cause("TTL index 'expireAfterSeconds' option cannot be less than 0");
  if (!(seconds <= LONGEST_EXPIRY)) {
    throw cause(
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different number`,
    );
  }
  if (key.size > 1) {
    throw cannotCreate(
      `TTL indexes are single-field indexes, compound indexes do not support TTL. Index spec: ${show(source)}`,
    );
  }
  return Math.trunc(seconds);
}

/** A partial index is kept from what its filter says about single documents, so only plain conditions are allowed. */
function readPartial(value: Value, source: Document): Document {
  if (!(value instanceof Map)) {
    throw inSpecification(source, typeMismatch("The field 'partialFilterExpression' must be an object"));
  }
  refuseInPartial(readPartialFilter(value, source), source, 0);
  return value;
}

function readPartialFilter(value: Document, source: Document): Filter {
  try {
    return partialFilter(value);
  } catch (error) {
    throw error instanceof ServerError ? inSpecification(source, error) : error;
  }
}

const inPartial = ['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$exists', '$type'];

function refuseInPartial(filter: Filter, source: Document, depth: number): void {
  const unsupported = (what: string) =>
    inSpecification(source, cannotCreate(`Expression not supported in partial index: ${what}\n`));
  switch (filter.kind) {
    case 'field':
      if (!inPartial.includes(filter.operator)) throw unsupported(`${filter.path} ${filter.operator}`);
      return;
    case 'and':
    case 'or':
      if (depth > 4) throw unsupported('too deep');
      for (const part of filter.parts) refuseInPartial(part, source, depth + 1);
      return;
    case 'not':
      throw unsupported('$not');
    default:
      throw unsupported(filter.kind === 'nor' ? '$nor' : '$expr');
  }
}

/** The filter of a partial index, as the planner and the storage use it. */
export function partialFilter(source: Document): Filter {
  return readFilter(source, withoutExpressions(filterContext({ now: new Date() })));
}

const cannotCreate = (message: string) => new ServerError(67, message);
const missing = (field: string) =>
  failedToParse(`The '${field}' field is a required property of an index specification`);

function inSpecification(source: Document, error: ServerError): ServerError {
  return new ServerError(
    error.code,
    `Error in specification ${show(source)} :: caused by :: ${error.message}`,
  );
}

function refuseLeftOut(name: string, value: Value): void {
  if (name === 'collation' && value instanceof Map && value.get('locale') === 'simple') return;
  throw leftOut(`the index option ${name}`, 67);
}
