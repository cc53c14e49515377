import { isNullish } from '../../bson/compare';
import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { compareOrMissing } from '../expressions/missing';
import { ValueSet } from '../expressions/value-set';
import type { Running, RunningSetting } from './accumulator';

/** `$min` and `$max`: null and missing do not count. */
export class Extreme implements Running {
  private best: Value | undefined;
  constructor(
    private readonly sign: 1 | -1,
    private readonly setting: RunningSetting,
  ) {}

  take(value: Value | undefined): void {
    if (isNullish(value)) return;
    if (this.best === undefined || compareOrMissing(value, this.best, this.setting.strings) * this.sign > 0) {
      this.best = value;
    }
  }
  get result(): Value {
    return this.best ?? null;
  }
}

export class First implements Running {
  isComplete = false;
  private value: Value | undefined;
  take(value: Value | undefined): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.value = value;
  }
  get result(): Value | undefined {
    return this.value;
  }
}

export class Last implements Running {
  private value: Value | undefined;
  take(value: Value | undefined): void {
    this.value = value;
  }
  get result(): Value | undefined {
    return this.value;
  }
}

export class Push implements Running {
  private readonly values: Value[] = [];
  constructor(private readonly setting: RunningSetting) {}
  take(value: Value | undefined): void {
    if (value === undefined) return;
    this.setting.keep?.(value);
    this.values.push(value);
  }
  get result(): Value {
    return this.values;
  }
}

export class AddToSet implements Running {
  private readonly set: ValueSet;
  constructor(private readonly setting: RunningSetting) {
    this.set = new ValueSet(setting.strings);
  }
  take(value: Value | undefined): void {
    if (value !== undefined && this.set.add(value)) this.setting.keep?.(value);
  }
  get result(): Value {
    return [...this.set.values()];
  }
}

/** `$mergeObjects`: later fields win; null and missing add nothing. */
export class MergeObjects implements Running {
  private readonly merged: Document = new Map();
  take(value: Value | undefined): void {
    if (isNullish(value)) return;
    if (!(value instanceof Map)) {
      throw new ServerError(
        40400,
        `$mergeObjects requires object inputs, but input ${show(value)} is of type ${typeName(value)}`,
      );
    }
    for (const [name, field] of value) this.merged.set(name, field);
  }
  get result(): Value {
    return this.merged;
  }
}
