import { type FieldShape, Shape } from '../aggregation/stages/shape';
import { place } from '../aggregation/stages/shape-reader';
import { toNumber } from '../bson/numbers';
import { type Document, isNumber, type Value } from '../bson/types';
import type { FilterContext } from '../query/filter-context';
import { leftOut, ServerError } from '../server-error';
import { readElemMatch, readSlice } from './array-operators';

/** A projection, read and checked. */
export interface ProjectionSpec {
  readonly shape: Shape;
  /** The path before `.$`. */
  readonly positional: readonly string[] | undefined;
}

/** @throws ServerError with the codes of a real server */
export function readSpec(source: Document, context: FilterContext): ProjectionSpec {
  const reading = new Reading(context);
  reading.document(source, []);
  return reading.finish();
}

class Reading {
  private readonly fields: [readonly string[], FieldShape][] = [];
  private includes: boolean | undefined;
  private includesId: boolean | undefined;
  private positional: readonly string[] | undefined;
  private hasElemMatch = false;

  constructor(private readonly context: FilterContext) {}

  document(source: Document, above: readonly string[]): void {
    for (const [name, value] of source) this.field(name, value, above);
  }

  finish(): ProjectionSpec {
    if (this.positional && this.hasElemMatch) {
      throw new ServerError(31255, 'Cannot specify positional operator and $elemMatch');
    }
    // Without another sign, a chosen or a matched field means that only such fields are wanted.
    const includes = this.includes ?? (this.includesId === true || this.hasElemMatch);
    const shape = new Shape(includes ? 'drop' : 'keep');
    for (const [path, field] of this.fields) place(shape, path, field);
    if (this.includesId !== undefined) place(shape, ['_id'], { kind: this.includesId ? 'keep' : 'drop' });
    else if (includes && !shape.fields.has('_id')) place(shape, ['_id'], { kind: 'keep' });
    return { shape, positional: this.positional };
  }

  private field(name: string, value: Value, above: readonly string[]): void {
    const isPositional = name.endsWith('.$');
    const path = [...above, ...readPath(isPositional ? name.slice(0, -2) : name)];
    if (isPositional) this.positionalField(path, value);
    else if (typeof value === 'boolean' || isNumber(value)) this.flag(path, isTrue(value));
    else if (!(value instanceof Map)) this.computed(path, value);
    else if (value.size === 0) {
      throw new ServerError(
        51270,
        'An empty sub-projection is not a valid value. Found empty object at path',
      );
    } else if (value.keys().next().value?.startsWith('$')) this.operator(path, value);
    else this.document(value, path);
  }

  private positionalField(path: readonly string[], value: Value): void {
    if (typeof value !== 'boolean' && !isNumber(value)) {
      throw new ServerError(31271, 'positional projection cannot be used with an expression or sub object');
    }
    if (!isTrue(value)) throw new ServerError(31395, 'positional projection cannot be used with exclusion');
    if (this.positional) {
      throw new ServerError(31276, 'Cannot specify more than one positional projection per query.');
    }
    this.flag(path, true);
    this.positional = path;
  }

  private flag(path: readonly string[], includes: boolean): void {
    if (path.length === 1 && path[0] === '_id') {
      if (this.includesId !== undefined) throw new ServerError(31250, 'Path collision at _id');
      this.includesId = includes;
      return;
    }
    this.includes ??= includes;
    if (this.includes !== includes) {
      const [code, what, other] = includes
        ? [31253, 'inclusion', 'exclusion']
        : [31254, 'exclusion', 'inclusion'];
      throw new ServerError(
        code as number,
        `Cannot do ${what} on field ${path.join('.')} in ${other} projection`,
      );
    }
    this.fields.push([path, { kind: includes ? 'keep' : 'drop' }]);
  }

  private operator(path: readonly string[], operators: Document): void {
    const [name, operand] = operators.entries().next().value as [string, Value];
    if (name === '$meta') throw leftOut('$meta', 2);
    if (operators.size === 1 && name === '$elemMatch') {
      this.hasElemMatch = true;
      this.compute(path, readElemMatch(path, operand, this.context));
      return;
    }
    const slice = operators.size === 1 && name === '$slice' ? readSlice(operand) : undefined;
    if (slice) this.fields.push([path, { kind: 'change', change: slice }]);
    else this.computed(path, operators);
  }

  private computed(path: readonly string[], source: Value): void {
    if (this.includes === false) {
      throw source instanceof Map
        ? new ServerError(31252, 'Cannot use expression other than $meta in exclusion projection')
        : new ServerError(31310, `Cannot use an expression ${path.join('.')} in an exclusion projection`);
    }
    this.includes = true;
    this.compute(path, this.read(source));
  }

  private compute(path: readonly string[], evaluate: (root: Document) => Value | undefined): void {
    this.fields.push([path, { kind: 'compute', expression: { evaluate } }]);
  }

  private read(source: Value): (root: Document) => Value | undefined {
    if (!this.context.compute) throw leftOut('an expression in a projection', 2);
    try {
      return this.context.compute(source);
    } catch (error) {
      const name = source instanceof Map ? source.keys().next().value : undefined;
      if (error instanceof ServerError && error.code === 168 && error.message.includes(`'${name}'`)) {
        throw new ServerError(31325, `Unknown expression ${name}`);
      }
      throw error;
    }
  }
}

const isTrue = (value: Value): boolean => (isNumber(value) ? toNumber(value) !== 0 : value === true);

function readPath(text: string): string[] {
  if (text === '') throw new ServerError(40352, 'FieldPath cannot be constructed with empty string');
  if (text.endsWith('.')) throw new ServerError(40353, "FieldPath must not end with a '.'.");
  const parts = text.split('.');
  if (parts.includes('')) throw new ServerError(15998, 'FieldPath field names may not be empty strings.');
  if (parts.slice(1).includes('$')) {
    throw new ServerError(
      31394,
      "As of 4.4, it's illegal to specify positional operator in the middle of a path." +
        'Positional projection may only be used at the end, for example: a.b.$. If the query previously used a form ' +
        "like a.b.$.d, remove the parts following the '$' and the results will be equivalent.",
    );
  }
  if (parts.some((part) => part.startsWith('$'))) {
    throw new ServerError(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    );
  }
  return parts;
}
