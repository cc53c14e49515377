import type { Document, Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { Expression, Variables } from './expression';

/** The parts of a dotted path, each checked. @throws ServerError 40352, 40353, 15998, 16410, 16411 */
export function readFieldPath(path: string): string[] {
  if (path === '') throw new ServerError(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) throw new ServerError(40353, "FieldPath must not end with a '.'.");
  const parts = path.split('.');
  for (const part of parts) refuseBadPart(part);
  return parts;
}

function refuseBadPart(part: string): void {
  if (part === '') throw new ServerError(15998, 'FieldPath field names may not be empty strings.');
  if (part.startsWith('$')) {
    throw new ServerError(
      16410,
      "Consider using $getField or $setField for a field path with '.' or '$'. :: caused by :: " +
        `FieldPath field names may not start with '$', given '${part}'.`,
    );
  }
  if (part.includes('\0')) throw new ServerError(16411, 'FieldPath field names may not contain null bytes.');
}

/** A name of a field in an object expression: no path. @throws ServerError 16412 and those of readFieldPath */
export function refuseBadFieldName(name: string): void {
  refuseBadPart(name);
  if (name.includes('.')) {
    throw new ServerError(
      16412,
      "Consider using $getField or $setField for a field path with '.' or '$'. :: caused by :: " +
        `FieldPath field names may not contain '.', given '${name}'.`,
    );
  }
}

/**
 * What an expression finds at a path: arrays on the way are entered, and give an array of what their documents have;
 * an array inside an array is not.
 */
function valueAtPath(doc: Document, parts: readonly string[], at = 0): Value | undefined {
  const value = doc.get(parts[at] as string);
  if (at === parts.length - 1) return value;
  if (value instanceof Map) return valueAtPath(value, parts, at + 1);
  if (!Array.isArray(value)) return undefined;
  const found: Value[] = [];
  for (const item of value) {
    const nested = item instanceof Map ? valueAtPath(item, parts, at + 1) : undefined;
    if (nested !== undefined) found.push(nested);
  }
  return found;
}

/** `$a.b` */
export class RootPath implements Expression {
  constructor(readonly parts: readonly string[]) {}
  evaluate(root: Document): Value | undefined {
    return valueAtPath(root, this.parts);
  }
}

/** `$$ROOT` */
export class WholeRoot implements Expression {
  evaluate(root: Document): Value {
    return root;
  }
}

/** `$$x.a.b`, or `$$x` where there are no parts. */
export class VariablePath implements Expression {
  constructor(
    private readonly name: string,
    private readonly parts: readonly string[],
  ) {}
  evaluate(_root: Document, variables?: Variables): Value | undefined {
    return within(variables?.get(this.name), this.parts);
  }
}

/** What a path finds in any value. */
export function within(value: Value | undefined, parts: readonly string[]): Value | undefined {
  if (parts.length === 0) return value;
  if (value instanceof Map) return valueAtPath(value, parts);
  // A path enters an array that a variable holds as it enters one in a document.
  return Array.isArray(value) ? valueAtPath(new Map([['', value]]), ['', ...parts]) : undefined;
}
