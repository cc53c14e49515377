import { toNumber } from '../bson/numbers';
import { type Document, isNumber, type Value } from '../bson/types';
import type { Filter } from '../query/filter-nodes';

/** An index as the planner and the storage use it; `spec` is what listIndexes shows. */
export interface IndexDefinition {
  readonly id: number;
  readonly name: string;
  readonly spec: Document;
  readonly fields: readonly string[];
  readonly paths: readonly (readonly string[])[];
  readonly directions: readonly (1 | -1)[];
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  readonly isHidden: boolean;
  readonly expireAfterSeconds: number | undefined;
  readonly partial: Filter | undefined;
  /** Bit i is set once any document had an array on the way of the i-th field. Never unset. */
  multikey: number;
}

export type ReadPartial = (source: Document) => Filter;

/** From a specification that was checked when the index was made. */
export function defineIndex(
  id: number,
  spec: Document,
  multikey: number,
  readPartial: ReadPartial,
): IndexDefinition {
  const key = spec.get('key') as Document;
  const fields = [...key.keys()];
  const partial = spec.get('partialFilterExpression');
  const expire = spec.get('expireAfterSeconds');
  return {
    id,
    name: spec.get('name') as string,
    spec,
    fields,
    paths: fields.map((field) => field.split('.')),
    directions: [...key.values()].map(directionOf),
    isUnique: spec.get('unique') === true || isIdKey(key),
    isSparse: spec.get('sparse') === true,
    isHidden: spec.get('hidden') === true,
    expireAfterSeconds: isNumber(expire) ? toNumber(expire) : undefined,
    partial: partial instanceof Map ? readPartial(partial) : undefined,
    multikey,
  };
}

export function isIdKey(key: Document): boolean {
  const direction = key.get('_id');
  return key.size === 1 && isNumber(direction) && toNumber(direction) === 1;
}

function directionOf(value: Value): 1 | -1 {
  return isNumber(value) && toNumber(value) < 0 ? -1 : 1;
}

/** The index that every collection has. */
export function idIndexSpec(): Document {
  return new Map<string, Value>([
    ['v', 2],
    ['key', new Map([['_id', 1]])],
    ['name', '_id_'],
  ]);
}
