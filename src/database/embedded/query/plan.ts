import type { CompareStrings } from '../bson/compare';
import { SymbolText, type Value } from '../bson/types';
import { badValue } from '../server-error';
import type { Collection, KeyRange } from '../storage/collection';
import type { IndexDefinition } from '../storage/index-definition';
import { after, boundsOf, complement, type FieldBounds, intersected, merged, turnedOver } from './bounds';
import type { Filter } from './filter-nodes';
import { implies, provesPresence } from './implication';
import type { SortPart } from './sort';

/** How the documents for a filter are found. All that is found is tested with the filter again. */
export type Plan =
  | { kind: 'scan'; direction: 1 | -1; isSorted: boolean }
  | { kind: 'index'; index: IndexDefinition; ranges: KeyRange[]; direction: 1 | -1; isSorted: boolean }
  | { kind: 'or'; branches: Extract<Plan, { kind: 'index' }>[]; isSorted: false };

type IndexPlan = Extract<Plan, { kind: 'index' }>;

/** What a command said about the index to use. */
export type Hint = { index: IndexDefinition } | { natural: 1 | -1 } | undefined;

/** What a plan should take into account beside the filter. */
export interface PlanWishes {
  sort?: readonly SortPart[];
  hint?: Hint;
  /** The comparison of a collation, where there is one. */
  strings?: CompareStrings | undefined;
}

/** More ranges than this cost more than they save. */
const MOST_RANGES = 2_000;

type FieldFilter = Extract<Filter, { kind: 'field' }>;

/**
 * Chooses an index: first those whose leading fields the filter pins, then those that are in the order asked for.
 * `isSorted` says that what the plan finds comes in the order of `sort`.
 */
export function planFor(
  collection: Collection,
  filter: Filter,
  { sort = [], hint, strings }: PlanWishes = {},
): Plan {
  if (hint && 'natural' in hint)
    return { kind: 'scan', direction: hint.natural, isSorted: sort.length === 0 };
  // Index keys hold text in the order of its bytes, which is of no use to a collation.
  const conditions = fieldConditions(filter).filter(({ operand }) => !strings || !holdsText(operand));
  if (hint) return hinted(hint.index, conditions, sort);
  const byId = sort.length === 0 && planById(collection, conditions);
  if (byId) return byId;
  const candidates: Candidate[] = [];
  for (const index of collection.indexes) {
    if (index.isHidden || (index.partial && (strings || !implies(filter, index.partial)))) continue;
    const candidate = candidateOf(index, conditions, sort);
    if (candidate) candidates.push(candidate);
  }
  const best = chooseAmong(collection, candidates);
  if (best && best.pinned > 0) return best.plan;
  const branches = planBranches(collection, filter, strings);
  if (branches) return branches;
  return best?.plan ?? { kind: 'scan', direction: 1, isSorted: sort.length === 0 };
}

/** Of one `_id` there is one document: no other index finds less. */
function planById({ indexes }: Collection, conditions: readonly FieldFilter[]): Plan | undefined {
  if (!conditions.some(({ path, operator }) => path === '_id' && operator === '$eq')) return undefined;
  const index = indexes.find(({ name }) => name === '_id_');
  return index && candidateOf(index, conditions, [])?.plan;
}

function holdsText(value: Value): boolean {
  if (typeof value === 'string' || value instanceof SymbolText) return true;
  if (value instanceof Map) return [...value.values()].some(holdsText);
  return Array.isArray(value) && value.some(holdsText);
}

interface Candidate {
  plan: IndexPlan;
  /** 2 for each field with single values, 1 for a range. 0: only the order is of use. */
  pinned: number;
}

function hinted(index: IndexDefinition, conditions: readonly FieldFilter[], sort: readonly SortPart[]): Plan {
  if (index.isHidden) throw badValue('hint provided does not correspond to an existing index');
  const { ranges, fields } = rangesOf(index, conditions);
  const direction = sortDirection(index, fields, ranges, sort);
  return { kind: 'index', index, ranges, direction: direction ?? 1, isSorted: direction !== undefined };
}

function candidateOf(
  index: IndexDefinition,
  conditions: readonly FieldFilter[],
  sort: readonly SortPart[],
): Candidate | undefined {
  const { ranges, fields } = rangesOf(index, conditions);
  const direction = sort.length > 0 ? sortDirection(index, fields, ranges, sort) : undefined;
  const pinned = fields.reduce((sum, field) => sum + (field.arePoints ? 2 : 1), 0);
  // A sparse index may lack documents, unless a condition excludes what it lacks.
  if (pinned === 0 && (direction === undefined || index.isSparse || index.partial)) return undefined;
  if (index.isSparse && !conditions.some((c) => index.fields.includes(c.path) && provesPresence(c))) {
    return undefined;
  }
  const isSorted = sort.length === 0 || direction !== undefined;
  return { plan: { kind: 'index', index, ranges, direction: direction ?? 1, isSorted }, pinned };
}

/** Between plans that look alike, the one that finds fewer entries at a first try wins, as in a race. */
function chooseAmong(collection: Collection, candidates: readonly Candidate[]): Candidate | undefined {
  if (candidates.length <= 1) return candidates[0];
  const entries = (candidate: Candidate): number => {
    let count = 0;
    for (const range of candidate.plan.ranges) {
      count += collection.countIndex(candidate.plan.index, range, 102 - count);
      if (count > 101) break;
    }
    return count;
  };
  const rated = candidates.map((candidate) => ({
    candidate,
    entries: candidate.pinned > 0 ? entries(candidate) : 102,
  }));
  rated.sort(
    (a, b) =>
      a.entries - b.entries ||
      b.candidate.pinned - a.candidate.pinned ||
      Number(b.candidate.plan.isSorted) - Number(a.candidate.plan.isSorted),
  );
  const [first] = rated;
  // Where all are long, an order for free is worth more than a narrower range.
  if (first && first.entries > 101) {
    return (rated.find(({ candidate }) => candidate.plan.isSorted && candidate.pinned > 0) ?? first)
      .candidate;
  }
  return first?.candidate;
}

/** A filter that is an `$or`, or has one, can use an index for each of its branches. */
function planBranches(
  collection: Collection,
  filter: Filter,
  strings: CompareStrings | undefined,
): Plan | undefined {
  const or =
    filter.kind === 'or'
      ? filter
      : filter.kind === 'and'
        ? filter.parts.find((p) => p.kind === 'or')
        : undefined;
  if (or?.kind !== 'or') return undefined;
  const branches: IndexPlan[] = [];
  for (const part of or.parts) {
    const plan = planFor(collection, part, { strings });
    if (plan.kind === 'index') branches.push(plan);
    else if (plan.kind === 'or') branches.push(...plan.branches);
    else return undefined;
  }
  return { kind: 'or', branches, isSorted: false };
}

/** The conditions on single fields that every match fulfils. */
function fieldConditions(filter: Filter): FieldFilter[] {
  if (filter.kind === 'field') return [filter];
  return filter.kind === 'and' ? filter.parts.flatMap(fieldConditions) : [];
}

/** The ranges of whole keys to read, and the bounds of the leading fields they were made from. */
function rangesOf(
  index: IndexDefinition,
  conditions: readonly FieldFilter[],
): { ranges: KeyRange[]; fields: FieldBounds[] } {
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  const fields: FieldBounds[] = [];
  let last: KeyRange[] | undefined;
  for (const [i, field] of index.fields.entries()) {
    if (i > 0 && sharesArray(index, i)) break;
    const bounds = fieldBounds(
      index,
      i,
      conditions.filter((c) => c.path === field),
    );
    if (!bounds || prefixes.length * bounds.ranges.length > MOST_RANGES) break;
    fields.push(bounds);
    const isDescending = index.directions[i] === -1;
    if (!bounds.arePoints) {
      last = isDescending ? turnedOver(bounds.ranges) : bounds.ranges;
      break;
    }
    const points = bounds.ranges.map(({ from }) => (isDescending ? complement(from) : from));
    prefixes = prefixes.flatMap((prefix) => points.map((key) => Buffer.concat([prefix, key])));
  }
  if (fields.length === 0)
    return { ranges: [{ from: Buffer.alloc(0), to: Buffer.from([255, 255]) }], fields };
  const ranges = prefixes.flatMap((prefix): KeyRange[] =>
    last
      ? last.map(({ from, to }) => ({ from: Buffer.concat([prefix, from]), to: Buffer.concat([prefix, to]) }))
      : [{ from: prefix, to: after(prefix) }],
  );
  return { ranges: merged(ranges), fields };
}

/**
 * Whether the i-th field may come from another element of an array than an earlier one, so that the two together say
 * nothing about one key.
 */
function sharesArray(index: IndexDefinition, i: number): boolean {
  const root = index.paths[i]?.[0];
  return index.paths
    .slice(0, i)
    .some((path, j) => path[0] === root && (index.multikey & ((1 << i) | (1 << j))) !== 0);
}

function fieldBounds(
  index: IndexDefinition,
  i: number,
  conditions: readonly FieldFilter[],
): FieldBounds | undefined {
  const isMultikey = (index.multikey & (1 << i)) !== 0;
  let result: FieldBounds | undefined;
  for (const condition of conditions) {
    const bounds = boundsOf(condition, index.isSparse);
    if (!bounds) continue;
    if (!result) result = bounds;
    // Different elements of an array may fulfil different conditions, so only one of them can narrow the keys.
    else if (!isMultikey) result = intersected(result, bounds);
    else if (bounds.arePoints && !result.arePoints) result = bounds;
  }
  return result;
}

/** The direction in which the index gives the order asked for; undefined where it does not. */
function sortDirection(
  index: IndexDefinition,
  fields: readonly FieldBounds[],
  ranges: readonly KeyRange[],
  sort: readonly SortPart[],
): 1 | -1 | undefined {
  if (sort.length === 0) return undefined;
  const isFixed = (i: number) => fields[i]?.arePoints === true && fields[i]?.ranges.length === 1;
  const fixed = new Set(index.fields.filter((_, i) => isFixed(i) && (index.multikey & (1 << i)) === 0));
  const wanted = sort.filter((part) => !fixed.has(part.path));
  let at = 0;
  let direction: 1 | -1 | undefined;
  for (const part of wanted) {
    while (at < index.fields.length && index.fields[at] !== part.path && isFixed(at)) at += 1;
    if (index.fields[at] !== part.path || (index.multikey & (1 << at)) !== 0) return undefined;
    const needed = part.direction === index.directions[at] ? 1 : -1;
    if (direction !== undefined && direction !== needed) return undefined;
    direction = needed;
    at += 1;
  }
  // Several ranges are only in one order when nothing before the sorted fields differs between them.
  const firstSorted = wanted[0] ? index.fields.indexOf(wanted[0].path) : 0;
  if (ranges.length > 1 && index.fields.slice(0, firstSorted).some((_, i) => !isFixed(i))) return undefined;
  return direction ?? 1;
}
