import type { CompareStrings } from '../bson/compare';
import { ServerError } from '../server-error';
import type { Collection, StoredDocument } from '../storage/collection';
import type { Filter } from './filter-nodes';
import type { Plan } from './plan';
import { Sorter, type SortPart } from './sort';

/** What a sort without an index may hold in memory, in bytes. The same as a real server's default. */
const MOST_SORTED = 100 * 1024 * 1024;

/** How many keys and documents were examined, for `explain`. */
export interface Examined {
  keys: number;
  documents: number;
}

/** After this much a search offers to pause: a few milliseconds of work. */
const SLICE = { keys: 128, bytes: 1024 * 1024 } as const;

/** A document that was found; undefined where nothing was found in a whole slice of the search, which may pause here. */
type Found = StoredDocument | undefined;

/** Counts what a search examines, and knows when a slice of it is over. */
class Slices {
  private keys = 0;
  private bytes = 0;

  isOver(stored: StoredDocument | undefined): boolean {
    this.keys += 1;
    this.bytes += stored?.bytes.length ?? 0;
    if (this.keys < SLICE.keys && this.bytes < SLICE.bytes) return false;
    this.keys = 0;
    this.bytes = 0;
    return true;
  }
}

/** What a plan finds and the filter confirms, each document once, read as it is asked for. */
function* matching(
  collection: Collection,
  filter: Filter,
  plan: Plan,
  examined: Examined = { keys: 0, documents: 0 },
): Generator<Found> {
  const slices = new Slices();
  if (plan.kind === 'scan') {
    // What everything fulfils needs not be asked, nor the document be decoded for it.
    const takesAll = filter.kind === 'and' && filter.parts.length === 0;
    for (const stored of collection.scan(plan.direction)) {
      examined.documents += 1;
      if (takesAll || filter.matches(stored.value)) yield stored;
      if (slices.isOver(stored)) yield undefined;
    }
    return;
  }
  const branches = plan.kind === 'or' ? plan.branches : [plan];
  // A document has one key in one range, unless arrays or several branches can bring it up again.
  const mayRepeat = branches.length > 1 || branches.some((branch) => branch.index.multikey !== 0);
  const seen = mayRepeat ? new Set<number>() : undefined;
  for (const { index, ranges, direction } of branches) {
    const inOrder = direction === 1 ? ranges : [...ranges].reverse();
    for (const range of inOrder) {
      for (const rid of collection.scanIndex(index, range, direction)) {
        examined.keys += 1;
        const isKnown = seen?.has(rid) === true;
        seen?.add(rid);
        if (!isKnown) examined.documents += 1;
        const stored = isKnown ? undefined : collection.get(rid);
        if (stored && filter.matches(stored.value)) yield stored;
        if (slices.isOver(stored)) yield undefined;
      }
    }
  }
}

export interface Wanted {
  sort: readonly SortPart[];
  skip: number;
  /** 0: no limit. */
  limit: number;
  strings?: CompareStrings | undefined;
  examined?: Examined | undefined;
}

/**
 * The documents in the order, and of the stretch of it, that were asked for. Undefined between them means that the search may pause:
 * what is written meanwhile is seen when it lies ahead.
 */
export function* ordered(
  collection: Collection,
  filter: Filter,
  plan: Plan,
  { sort, skip, limit, strings, examined }: Wanted,
): Generator<Found> {
  const last = limit === 0 ? Number.POSITIVE_INFINITY : skip + limit;
  let found: Iterable<Found> = matching(collection, filter, plan, examined);
  if (sort.length > 0 && !(plan.isSorted && !strings)) found = sorted(found, sort, last, strings);
  let at = 0;
  for (const stored of found) {
    if (!stored) {
      yield undefined;
      continue;
    }
    at += 1;
    if (at > skip) yield stored;
    if (at >= last) return;
  }
}

function* sorted(
  found: Iterable<Found>,
  sort: readonly SortPart[],
  atMost: number,
  strings?: CompareStrings,
): Generator<Found> {
  const sorter = new Sorter<StoredDocument>(sort, strings, atMost);
  let bytes = 0;
  for (const stored of found) {
    if (!stored) {
      yield undefined;
      continue;
    }
    bytes += stored.bytes.length;
    if (bytes > MOST_SORTED && atMost === Number.POSITIVE_INFINITY) throw sortTooLarge();
    sorter.add(stored.value, stored);
  }
  yield* sorter.sorted();
}

function sortTooLarge(): ServerError {
  return new ServerError(
    292,
    `Sort exceeded memory limit of ${MOST_SORTED} bytes. Make an index that has the order, or set a limit; ` +
      'a MongoDB server, named in MONGO_URI, can sort on disk.',
  );
}
