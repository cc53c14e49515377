import { type CompareStrings, compareValues } from '../../bson/compare';
import { Marker, type Value } from '../../bson/types';

/** In the order of all values, what is missing has the place of the deprecated undefined: before null. */
export function compareOrMissing(
  a: Value | undefined,
  b: Value | undefined,
  strings?: CompareStrings,
): number {
  return compareValues(
    a === undefined ? Marker.undefined : a,
    b === undefined ? Marker.undefined : b,
    strings,
  );
}
