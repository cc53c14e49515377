import type { Document, Value } from '../../bson/types';

/** What `$let`, `$map` and their like have bound, the innermost first. */
export class Variables {
  constructor(
    private readonly name: string,
    private readonly value: Value | undefined,
    private readonly outer: Variables | undefined,
  ) {}

  get(name: string): Value | undefined {
    if (this.name === name) return this.value;
    return this.outer?.get(name);
  }
}

/** An expression, parsed and checked. The same one can be evaluated any number of times. */
export interface Expression {
  /** The value for one document; undefined for a missing value, which differs from null. */
  evaluate(root: Document, variables?: Variables): Value | undefined;
}

export class Constant implements Expression {
  constructor(readonly value: Value | undefined) {}
  evaluate(): Value | undefined {
    return this.value;
  }
}
