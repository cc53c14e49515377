import { isNullish } from '../../bson/compare';
import { toNumber } from '../../bson/numbers';
import { type Document, isNumber, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { Expression, Variables } from './expression';
import type { Reader, ReadOperator } from './reader';

export type Values = readonly (Value | undefined)[];

/** Computes a result from operands that have all been evaluated. */
export type Compute = (values: Values, reader: Reader) => Value | undefined;

/** An operator that takes between `least` and `most` operands, and computes from their values. */
export function fromValues(name: string, least: number, most: number, compute: Compute): ReadOperator {
  return (operand, reader) => {
    const sources = Array.isArray(operand) ? operand : [operand];
    refuseWrongCount(name, sources.length, least, most);
    const parts = sources.map((source) => reader.read(source));
    return computed(reader, parts, (values) => compute(values, reader));
  };
}

/** An operator that takes its operands one after the other, and may be done before the last. */
export function fromSequence(
  compute: (values: Iterable<Value | undefined>) => Value | undefined,
): ReadOperator {
  return (operand, reader) => {
    const parts = (Array.isArray(operand) ? operand : [operand]).map((source) => reader.read(source));
    const evaluate = (root: Document, variables?: Variables) => compute(evaluated(parts, root, variables));
    return reader.folded(parts, { evaluate });
  };
}

function* evaluated(parts: readonly Expression[], root: Document, variables?: Variables) {
  for (const part of parts) yield part.evaluate(root, variables);
}

/** An operator of one operand, where null and missing make the result null. */
export function fromOne(name: string, compute: (value: Value) => Value | undefined): ReadOperator {
  return fromValues(name, 1, 1, ([value]) => (isNothing(value) ? null : compute(value)));
}

export function computed(
  reader: Reader,
  parts: readonly Expression[],
  compute: (values: Values) => Value | undefined,
): Expression {
  const evaluate = (root: Document, variables?: Variables) =>
    compute(parts.map((part) => part.evaluate(root, variables)));
  return reader.folded(parts, { evaluate });
}

export function refuseWrongCount(name: string, count: number, least: number, most: number): void {
  if (count >= least && count <= most) return;
  if (least === most) {
    throw new ServerError(
      16020,
      `Expression ${name} takes exactly ${least} arguments. ${count} were passed in.`,
    );
  }
  if (most === Number.POSITIVE_INFINITY) {
    throw new ServerError(
      16020,
      `Expression ${name} takes at least ${least} arguments. ${count} were passed in.`,
    );
  }
  throw new ServerError(
    28667,
    `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${count} were passed in.`,
  );
}

/** How an operator with named arguments refuses what is wrong with them. */
export interface ArgumentNames {
  required: readonly string[];
  optional?: readonly string[];
  /** Codes of: no object; an unknown name; a missing one, or one for each that is required. */
  codes: { notObject: number; unknown: number; missing: number | readonly number[] };
}

/** The arguments of `{ $operator: { name: …, … } }`, each read. */
export function readArguments(
  operator: string,
  operand: Value,
  { required, optional = [], codes }: ArgumentNames,
): Document {
  if (!(operand instanceof Map)) {
    throw new ServerError(
      codes.notObject,
      `${operator} requires an object as an argument, found: ${typeName(operand)}`,
    );
  }
  for (const name of operand.keys()) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw new ServerError(codes.unknown, `Unrecognized argument to ${operator}: ${name}`);
    }
  }
  const { missing } = codes;
  for (const [i, name] of required.entries()) {
    if (operand.has(name)) continue;
    const code = typeof missing === 'number' ? missing : (missing[i] as number);
    throw new ServerError(code, `Missing '${name}' parameter to ${operator}`);
  }
  return operand;
}

export type Named = Readonly<Record<string, Value | undefined>>;

/** An operator with named arguments that computes from the values of all of them. */
export function fromNamed(
  name: string,
  names: ArgumentNames,
  compute: (values: Named, reader: Reader, given: ReadonlySet<string>) => Value | undefined,
): ReadOperator {
  return (operand, reader) => {
    const sources = readArguments(name, operand, names);
    const keys = [...sources.keys()];
    const given = new Set(keys);
    const parts = keys.map((key) => reader.read(sources.get(key) as Value));
    return computed(reader, parts, (values) =>
      compute(Object.fromEntries(keys.map((key, i) => [key, values[i]])), reader, given),
    );
  };
}

export function isNothing(value: Value | undefined): value is null | undefined {
  return isNullish(value);
}

/** What counts as true: everything but false, zero, null and nothing. */
export function isTrue(value: Value | undefined): boolean {
  if (typeof value === 'boolean') return value;
  if (isNothing(value)) return false;
  return isNumber(value) ? toNumber(value) !== 0 : true;
}
