import { badValue, ServerError } from '../server-error';

/** A dotted path of an update, checked. */
export interface UpdatePath {
  readonly text: string;
  readonly parts: readonly string[];
}

/** `$[]` or `$[name]`. */
export const isPlaceholder = (part: string): boolean => part.startsWith('$[') && part.endsWith(']');

/** @throws ServerError 56 for an empty part, 2 for a `$` where none can be */
export function readUpdatePath(text: string): UpdatePath {
  if (text === '') throw new ServerError(56, 'An empty update path is not valid.');
  const parts = text.split('.');
  if (parts.includes('')) {
    throw new ServerError(
      56,
      `The update path '${text}' contains an empty field name, which is not allowed.`,
    );
  }
  const positional = parts.filter((part) => part === '$').length;
  if (positional > 1) throw badValue(`Too many positional (i.e. '$') elements found in path '${text}'`);
  if (parts[0] === '$') {
    throw badValue(`Cannot have positional (i.e. '$') element in the first position in path '${text}'`);
  }
  if (isPlaceholder(parts[0] as string)) {
    throw badValue(
      `Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '${text}'`,
    );
  }
  return { text, parts };
}

/** Numbers by value, other names by their bytes: the order in which fields are changed, and new ones are added. */
export function comparePathParts(a: string, b: string): number {
  const isNumeric = (part: string) => /^(0|[1-9][0-9]*)$/.test(part);
  if (isNumeric(a) && isNumeric(b) && a.length !== b.length) return a.length - b.length;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The place that a part of a path means in an array; undefined where it means none. */
export function arrayPlace(part: string): number | undefined {
  return /^(0|[1-9][0-9]*)$/.test(part) ? Number(part) : undefined;
}
