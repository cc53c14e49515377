import type { Value } from './types';

/** What is stored may nest this deep. The levels up to those of a message are room for what commands wrap around it. */
export const MOST_NESTED_IN_STORE = 180;

/** Whether documents and arrays lie in each other at more levels than `most`, the outermost being the first. */
export function isDeeper(value: Value, most: number): boolean {
  if (!(value instanceof Map) && !Array.isArray(value)) return false;
  if (most === 0) return true;
  for (const inner of value.values()) if (isDeeper(inner, most - 1)) return true;
  return false;
}
