import { type CompareStrings, compareValues } from '../../bson/compare';
import { sortKey } from '../../bson/sort-key';
import type { Value } from '../../bson/types';

/**
 * Values by what they are equal to: 1 and 1.0 are one key. Without a collation by the bytes of their sort keys, with
 * one by a search in order, because its equal strings have no common form.
 */
export class ValueMap<T> {
  private readonly byKey = new Map<string, T>();
  private readonly inOrder: { value: Value; item: T }[] = [];

  constructor(private readonly strings?: CompareStrings) {}

  get(value: Value): T | undefined {
    if (!this.strings) return this.byKey.get(keyText(value));
    const { at, isFound } = this.search(value);
    return isFound ? this.inOrder[at]?.item : undefined;
  }

  set(value: Value, item: T): void {
    if (!this.strings) {
      this.byKey.set(keyText(value), item);
      return;
    }
    const { at, isFound } = this.search(value);
    this.inOrder.splice(at, isFound ? 1 : 0, { value, item });
  }

  private search(value: Value): { at: number; isFound: boolean } {
    let low = 0;
    let high = this.inOrder.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareValues((this.inOrder[middle] as { value: Value }).value, value, this.strings);
      if (order === 0) return { at: middle, isFound: true };
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return { at: low, isFound: false };
  }
}

/** Short keys for what identifiers usually are; the first letter keeps kinds apart. */
function keyText(value: Value): string {
  if (typeof value === 'string') return `s${value}`;
  return `k${sortKey([value], [1]).toString('latin1')}`;
}

/** Different values in the order in which they came. */
export class ValueSet {
  private readonly known: ValueMap<Value>;
  private readonly list: Value[] = [];

  constructor(strings?: CompareStrings) {
    this.known = new ValueMap(strings);
  }

  /** Whether it is new. */
  add(value: Value): boolean {
    if (this.has(value)) return false;
    this.known.set(value, value);
    this.list.push(value);
    return true;
  }

  has(value: Value): boolean {
    return this.known.get(value) !== undefined;
  }

  values(): readonly Value[] {
    return this.list;
  }
}
