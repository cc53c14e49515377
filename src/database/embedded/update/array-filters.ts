import type { Document } from '../bson/types';
import { readFilter } from '../query/filter';
import type { FilterContext } from '../query/filter-context';
import type { Filter } from '../query/filter-nodes';
import { badValue, failedToParse } from '../server-error';

/** `arrayFilters`, by the name that each gives to an element. @throws ServerError 9 or 2 */
export function readArrayFilters(sources: readonly Document[], context: FilterContext): Map<string, Filter> {
  const filters = new Map<string, Filter>();
  for (const source of sources) {
    const filter = readFilter(source, context);
    const name = namedIn(filter);
    if (name === undefined) {
      throw failedToParse('Cannot use an expression without a top-level field name in arrayFilters');
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw badValue(
        'Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string ' +
          `beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (filters.has(name)) {
      throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    }
    filters.set(name, filter);
  }
  return filters;
}

/** The one name that everything in an array filter is about. */
function namedIn(filter: Filter): string | undefined {
  let name: string | undefined;
  for (const found of namesIn(filter)) {
    if (name !== undefined && name !== found) {
      throw failedToParse(
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${name}' and '${found}'`,
      );
    }
    name = found;
  }
  return name;
}

/** A condition that matches no value, such as an empty `$all`, names no field. */
function* namesIn(filter: Filter): Generator<string> {
  if (filter.kind === 'field') yield filter.path.split('.')[0] as string;
  else if (filter.kind === 'not') yield* namesIn(filter.part);
  else if (filter.kind !== 'other') for (const part of filter.parts) yield* namesIn(part);
}
