import { type CompareStrings, compareValues } from '../bson/compare';
import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { sortKey } from '../bson/sort-key';
import { type Document, isNumber, type Value } from '../bson/types';
import { badValue, leftOut, ServerError } from '../server-error';
import { keysOf } from '../storage/index-keys';
import { valueAt } from './path';

export interface SortPart {
  path: string;
  parts: readonly string[];
  direction: 1 | -1;
}

/** @throws ServerError 15974 and similar codes for an invalid sort, as MongoDB does */
export function readSort(source: Document): SortPart[] {
  const parts: SortPart[] = [];
  for (const [path, order] of source) {
    if (order instanceof Map) {
      if (order.has('$meta')) throw leftOut('sorting by $meta', 2);
      throw new ServerError(15974, `Illegal key in $sort specification: ${path}: ${show(order)}`);
    }
    if (!isNumber(order)) {
      throw new ServerError(15974, `Illegal key in $sort specification: ${path}: ${show(order)}`);
    }
    const direction = wholeNumber(order);
    if (direction !== 1 && direction !== -1) {
      throw new ServerError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    if (path === '') throw new ServerError(15976, '$sort stage must have at least one sort key');
    if (path.startsWith('$') || path.split('.').some((part) => part.startsWith('$'))) {
      if (path !== '$natural') {
        throw new ServerError(
          16410,
          `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
        );
      }
    }
    if (path.split('.').includes(''))
      throw badValue('FieldPath must not end with or contain an empty field name.');
    parts.push({ path, parts: path.split('.'), direction });
  }
  if (parts.length > 32) throw new ServerError(13103, 'too many compound keys');
  return parts;
}

/** A document with what it is sorted by, made once. */
interface Keyed<T> {
  item: T;
  key: Buffer;
  values: Value[];
}

/**
 * Sorts documents, keeping the order of equal ones. An array counts with its least element when ascending and with its
 * greatest when descending.
 */
export class Sorter<T> {
  private readonly keyed: Keyed<T>[] = [];
  private readonly paths: readonly (readonly string[])[];
  private readonly directions: readonly (1 | -1)[];

  /**
   * @param atMost only so many are wanted: the others need not be kept.
   * @param keepsArrays compares arrays as a whole, as MongoDB does when it sorts groups by their `_id` alone.
   */
  constructor(
    private readonly sort: readonly SortPart[],
    private readonly strings?: CompareStrings,
    private readonly atMost = Number.POSITIVE_INFINITY,
    private readonly keepsArrays = false,
  ) {
    this.paths = sort.map((part) => part.parts);
    this.directions = sort.map((part) => part.direction);
  }

  add(doc: Document, item: T): void {
    this.keyed.push(this.keyOf(doc, item));
    // Throwing away in bulk costs little for each document, and never more than twice the wanted ones are held.
    if (this.keyed.length > 2 * this.atMost + 100) {
      this.keyed.sort(this.compare);
      this.keyed.length = this.atMost;
    }
  }

  sorted(): T[] {
    this.keyed.sort(this.compare);
    if (this.keyed.length > this.atMost) this.keyed.length = this.atMost;
    return this.keyed.map(({ item }) => item);
  }

  private readonly compare = (a: Keyed<T>, b: Keyed<T>): number =>
    this.strings ? this.compareWithStrings(a.values, b.values) : Buffer.compare(a.key, b.key);

  private compareWithStrings(a: readonly Value[], b: readonly Value[]): number {
    for (let i = 0; i < a.length; i++) {
      const order = compareValues(a[i] as Value, b[i] as Value, this.strings);
      if (order !== 0) return order * (this.directions[i] as number);
    }
    return 0;
  }

  private keyOf(doc: Document, item: T): Keyed<T> {
    const keys = this.keepsArrays
      ? [this.paths.map((path) => valueAt(doc, path) ?? null)]
      : keysOf(doc, this.paths, 2).keys;
    let best: Keyed<T> | undefined;
    for (const values of keys) {
      const candidate: Keyed<T> = {
        item,
        values,
        key: this.strings ? nothing : sortKey(values, this.directions),
      };
      if (!best || this.compare(candidate, best) < 0) best = candidate;
    }
    return best as Keyed<T>;
  }
}

const nothing = Buffer.alloc(0);
