import type { Document, Value } from '../../bson/types';
import type { Expression } from '../expressions/expression';
import { refuseHuge } from '../memory';

/** What is to become of a field: kept, dropped, changed, computed, or shaped in its own fields. */
export type FieldShape =
  | { kind: 'keep' }
  | { kind: 'drop' }
  | { kind: 'change'; change: (value: Value) => Value }
  | { kind: 'compute'; expression: Expression }
  | { kind: 'inside'; shape: Shape };

/** The shape of a document as `$project`, `$addFields` and `$unset` give it: a tree along dotted paths. */
export class Shape {
  readonly fields = new Map<string, FieldShape>();

  /** @param others what becomes of fields that are not named: dropped by an inclusion, kept by the rest. */
  constructor(readonly others: 'keep' | 'drop') {}

  get computes(): boolean {
    for (const field of this.fields.values()) {
      if (field.kind === 'compute' || (field.kind === 'inside' && field.shape.computes)) return true;
    }
    return false;
  }

  apply(doc: Document): Document {
    const kept = this.keepFrom(doc);
    if (!this.computes) return kept;
    this.computeInto(kept, doc);
    refuseHuge(kept);
    return kept;
  }

  /** What was there and stays, in its order. */
  private keepFrom(doc: Document): Document {
    const result: Document = new Map();
    for (const [name, value] of doc) {
      const field = this.fields.get(name);
      const kept = this.keep(field, value);
      if (kept !== undefined) result.set(name, kept);
    }
    return result;
  }

  private keep(field: FieldShape | undefined, value: Value): Value | undefined {
    if (field === undefined) return this.others === 'keep' ? value : undefined;
    switch (field.kind) {
      case 'keep':
        return value;
      case 'drop':
        return undefined;
      case 'change':
        return field.change(value);
      case 'compute':
        // Its place is kept for the new value, where others stay too.
        return this.others === 'keep' ? value : undefined;
      case 'inside':
        return field.shape.keepInside(value);
    }
  }

  /** Arrays are entered at any depth. What has no fields is dropped by an inclusion. */
  private keepInside(value: Value): Value | undefined {
    if (value instanceof Map) return this.keepFrom(value);
    // What is about to be computed takes the place of what has no fields, also in an array.
    if (!Array.isArray(value)) return this.others === 'keep' || this.computes ? value : undefined;
    const kept: Value[] = [];
    for (const item of value) {
      const inside = this.keepInside(item);
      if (inside !== undefined) kept.push(inside);
    }
    return kept;
  }

  private computeInto(target: Document, root: Document): void {
    for (const [name, field] of this.fields) {
      if (field.kind === 'compute') {
        const value = field.expression.evaluate(root);
        if (value === undefined) target.delete(name);
        else target.set(name, value);
      } else if (field.kind === 'inside' && field.shape.computes) {
        target.set(name, field.shape.computeInside(target.get(name), root));
      }
    }
  }

  private computeInside(value: Value | undefined, root: Document): Value {
    if (Array.isArray(value)) return value.map((item) => this.computeInside(item, root));
    // What cannot have fields makes room for a document that does.
    const result: Document = value instanceof Map ? new Map(value) : new Map();
    this.computeInto(result, root);
    return result;
  }
}
