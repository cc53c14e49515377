import type { Value } from '../bson/types';
import type { BitOperator, Comparison, ValueTest } from './field-tests';
import { visitPath } from './path';

/** Which element of an array made a filter match: what `$` stands for in an update or a projection. */
export interface MatchedAt {
  index?: number;
}

/**
 * A filter, parsed and checked. `matches` is the meaning; the rest lets the planner find bounds in it.
 * `operand` of a field filter is what was asked for, after `$eq` has been made explicit.
 */
export type Filter =
  | { kind: 'and' | 'or' | 'nor'; parts: readonly Filter[]; matches: Matches }
  | { kind: 'field'; path: string; operator: FieldOperator; operand: Value; matches: Matches }
  | { kind: 'not'; part: Filter; matches: Matches }
  | { kind: 'other'; matches: Matches; never?: true };

export type Matches = (root: Value, at?: MatchedAt) => boolean;

export type FieldOperator =
  | '$eq'
  | Comparison
  | '$in'
  | '$regex'
  | '$exists'
  | '$type'
  | '$mod'
  | '$size'
  | '$elemMatch'
  | BitOperator;

export function allOf(parts: readonly Filter[]): Filter {
  return {
    kind: 'and',
    parts,
    matches: (root, at) => {
      for (const part of parts) if (!part.matches(root, at)) return false;
      return true;
    },
  };
}

export function anyOf(parts: readonly Filter[]): Filter {
  return {
    kind: 'or',
    parts,
    matches: (root, at) => {
      for (const part of parts) if (part.matches(root, at)) return true;
      return false;
    },
  };
}

/** Matches no document, and the planner knows. */
export const never: Filter = { kind: 'other', matches: () => false, never: true };

export function negation(part: Filter): Filter {
  return { kind: 'not', part, matches: (root) => !part.matches(root) };
}

/** A path that no client can ask for: it leads to an element of an array itself, which is not entered again. */
export const theElement = '\0';

/**
 * A test of what is at a path. With `elements`, an array there passes also when one of its elements does.
 */
export function fieldFilter(
  path: string,
  operator: FieldOperator,
  operand: Value,
  test: ValueTest,
  elements = true,
): Filter {
  const parts = path.split('.');
  const entered = elements && path !== theElement;
  return {
    kind: 'field',
    path,
    operator,
    operand,
    matches: (root, at) =>
      visitPath(root, parts, (value, isElement) => testValue(value, test, entered && !isElement, at), 0, at),
  };
}

function testValue(value: Value | undefined, test: ValueTest, elements: boolean, at?: MatchedAt): boolean {
  if (elements && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!test(value[i])) continue;
      if (at) at.index = i;
      return true;
    }
  }
  return test(value);
}
