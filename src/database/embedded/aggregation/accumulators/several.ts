import { type CompareStrings, compareValues } from '../../bson/compare';
import { type Document, typeName, type Value } from '../../bson/types';
import { readSort } from '../../query/sort';
import { ServerError } from '../../server-error';
import { keysOf } from '../../storage/index-keys';
import type { Running, RunningSetting } from './accumulator';

/** `$firstN` and `$lastN`: what is missing counts as null. */
export class FirstOrLast implements Running {
  private readonly values: Value[] = [];
  constructor(
    private readonly most: number,
    private readonly end: 'first' | 'last',
    private readonly setting: RunningSetting,
  ) {}

  take(value: Value | undefined): void {
    if (this.end === 'first' && this.values.length === this.most) return;
    const kept = value === undefined ? null : value;
    this.values.push(kept);
    if (this.values.length > this.most) this.values.shift();
    else this.setting.keep?.(kept);
  }

  get result(): Value {
    return this.values;
  }
}

interface Candidate {
  key: readonly Value[];
  output: Value;
}

/** The best few by a key, in order; of equals, those that came first. */
export class Best {
  private readonly candidates: Candidate[] = [];
  constructor(
    private readonly most: number,
    private readonly directions: readonly (1 | -1)[],
    private readonly setting: RunningSetting,
    private readonly end: 'top' | 'bottom' = 'top',
  ) {}

  take(key: readonly Value[], output: Value): void {
    let at = this.candidates.length;
    while (at > 0 && this.compare((this.candidates[at - 1] as Candidate).key, key) > 0) at -= 1;
    const isFull = this.candidates.length === this.most;
    if (isFull && at === (this.end === 'top' ? this.most : 0)) return;
    this.candidates.splice(at, 0, { key, output });
    if (!isFull) this.setting.keep?.(output);
    else if (this.end === 'top') this.candidates.pop();
    else this.candidates.shift();
  }

  get result(): Value {
    return this.candidates.map(({ output }) => output);
  }

  private compare(a: readonly Value[], b: readonly Value[]): number {
    for (const [i, direction] of this.directions.entries()) {
      const order = compareValues(a[i] as Value, b[i] as Value, this.setting.strings) * direction;
      if (order !== 0) return order;
    }
    return 0;
  }
}

export interface Order {
  directions: readonly (1 | -1)[];
  keyOf: (doc: Document, strings?: CompareStrings) => Value[];
}

/** A sort pattern as a key of one document: of an array its least element, or its greatest when descending. */
export function readOrder(source: Value): Order {
  if (!(source instanceof Map)) {
    throw new ServerError(10065, `invalid parameter: expected an object (sortBy), found ${typeName(source)}`);
  }
  const parts = readSort(source);
  const directions = parts.map((part) => part.direction);
  const paths = parts.map((part) => part.parts);
  return {
    directions,
    keyOf: (doc, strings) => {
      const { keys } = keysOf(doc, paths, 2);
      return keys.reduce((best, key) => (isBefore(key, best, directions, strings) ? key : best));
    },
  };
}

function isBefore(
  a: readonly Value[],
  b: readonly Value[],
  directions: readonly (1 | -1)[],
  strings?: CompareStrings,
): boolean {
  for (const [i, direction] of directions.entries()) {
    const order = compareValues(a[i] as Value, b[i] as Value, strings) * direction;
    if (order !== 0) return order < 0;
  }
  return false;
}
