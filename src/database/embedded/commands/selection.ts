import { readExpression } from '../aggregation/expressions/read';
import type { ExpressionSetting } from '../aggregation/expressions/reader';
import { filterContext } from '../aggregation/stages/match';
import { equalValues } from '../bson/compare';
import type { Document, Value } from '../bson/types';
import { readCollation } from '../query/collation';
import { type Examined, ordered } from '../query/execute';
import { readFilter } from '../query/filter';
import { type FilterContext, withoutExpressions } from '../query/filter-context';
import type { Filter } from '../query/filter-nodes';
import { type Hint, type Plan, planFor } from '../query/plan';
import { readSort, type SortPart } from '../query/sort';
import { badValue } from '../server-error';
import type { Collection, StoredDocument } from '../storage/collection';
import type { Call } from './command';
import { found } from './steps';
import type { TimeLimit } from './time-limit';

/** How a command says which documents it means, and in which order. */
export interface SelectionSource {
  filter?: Document | undefined;
  sort?: Document | undefined;
  skip?: number | undefined;
  /** 0 or nothing: no limit. */
  limit?: number | undefined;
  hint?: Value | undefined;
  collation?: Value | undefined;
  /** Variables that expressions may use. */
  let?: Document | undefined;
  /** Whether a document is made of the filter where nothing is found; then the filter may not have `$expr`. */
  upsert?: boolean | undefined;
  /** What is shown of a document. Where it wants the element that the filter found, the filter may not have `$expr`. */
  projection?: Document | undefined;
}

/** What expressions in a command know: the time, the collation, the variables of `let`. */
export function settingOf({ collation, let: variables }: SelectionSource): ExpressionSetting {
  const setting: ExpressionSetting = { now: new Date(), strings: readCollation(collation) };
  if (!variables) return setting;
  const values = [...variables].map(([name, value]): [string, Value | undefined] => [
    name,
    readExpression(value, setting).evaluate(new Map()),
  ]);
  return { ...setting, given: new Map(values) };
}

/** What filters, updates and projections of a command are read with. */
export class SelectionContext {
  readonly setting: ExpressionSetting;
  readonly filters: FilterContext;

  /** @throws ServerError for variables of `let` that cannot be computed */
  constructor(source: SelectionSource) {
    this.setting = settingOf(source);
    this.filters = contextOf(source, filterContext(this.setting));
  }
}

/** The documents that a command means: parsed once, then looked up in a collection. */
export class Selection {
  readonly setting: ExpressionSetting;
  readonly context: FilterContext;
  readonly filter: Filter;
  private readonly sort: readonly SortPart[];

  /** @throws ServerError for what a real server refuses too. */
  constructor(
    private readonly source: SelectionSource,
    private readonly call: Call,
    { setting, filters } = new SelectionContext(source),
  ) {
    this.setting = setting;
    this.context = filters;
    this.filter = readFilter(source.filter ?? new Map(), this.context);
    this.sort = readSort(source.sort ?? new Map());
  }

  /** @throws ServerError 2 when the hint names no index. */
  planIn(collection: Collection): Plan {
    return planOf(collection, this.query);
  }

  /** What is found, in order, read as it is asked for. */
  in(collection: Collection): Iterable<StoredDocument> {
    return search(collection, this.query, this.call.time);
  }

  /** The same, with undefined wherever the search may pause. */
  withPausesIn(collection: Collection): Generator<StoredDocument | undefined> {
    return searchWithPauses(collection, this.query, this.call.time);
  }

  /**
   * The same for a command that changes what it finds: a document that a change moves ahead in the index must
   * not come again, so what an index gives is looked up before the first change.
   */
  *toChangeIn(collection: Collection): Generator<StoredDocument> {
    // One alone has nothing behind it.
    const isOne = this.source.limit === 1;
    const plan = isOne ? undefined : this.planIn(collection);
    if (!plan || (plan.kind === 'scan' && plan.isSorted)) {
      yield* this.in(collection);
      return;
    }
    for (const rid of Array.from(this.in(collection), (stored) => stored.rid)) {
      const stored = collection.get(rid);
      if (stored) yield stored;
    }
  }

  get query(): Search {
    const { skip = 0, limit = 0, hint } = this.source;
    return { filter: this.filter, sort: this.sort, skip, limit, hint, strings: this.setting.strings };
  }
}

function contextOf({ upsert, projection }: SelectionSource, context: FilterContext): FilterContext {
  if (upsert) return withoutExpressions(context, 'the query predicate for an upsert');
  const isPositional = projection && [...projection.keys()].some((path) => path.endsWith('.$'));
  return isPositional ? withoutExpressions(context) : context;
}

/** A search for documents, parsed. */
export interface Search {
  filter: Filter;
  sort: readonly SortPart[];
  skip: number;
  /** 0: no limit. */
  limit: number;
  hint?: Value | undefined;
  strings: ExpressionSetting['strings'];
}

/** What is found, in order, read as it is asked for. */
export function search(
  collection: Collection,
  query: Search,
  time: TimeLimit,
  examined?: Examined,
): Generator<StoredDocument> {
  return found(searchWithPauses(collection, query, time, examined));
}

/** The same, with undefined wherever the search may pause. */
export function* searchWithPauses(
  collection: Collection,
  query: Search,
  time: TimeLimit,
  examined?: Examined,
): Generator<StoredDocument | undefined> {
  const plan = planOf(collection, query);
  const sort = naturalOrder(query.sort) ? [] : query.sort;
  yield* time.over(ordered(collection, query.filter, plan, { ...query, sort, examined }));
}

/** @throws ServerError 2 when the hint names no index. */
export function planOf(collection: Collection, { filter, sort, hint, strings }: Search): Plan {
  const natural = naturalOrder(sort);
  const wanted = readHint(hint, collection) ?? (natural && { natural });
  return planFor(collection, filter, { sort: natural ? [] : sort, hint: wanted, strings });
}

/** Whether the order asked for is that of insertion, or the one against it. */
function naturalOrder(sort: readonly SortPart[]): 1 | -1 | undefined {
  const natural = sort.find(({ path }) => path === '$natural');
  if (natural && sort.length > 1) throw badValue('$natural sort cannot be set together with other fields');
  return natural?.direction;
}

function readHint(hint: Value | undefined, collection: Collection): Hint {
  if (hint === undefined || (hint instanceof Map && hint.size === 0)) return undefined;
  if (hint instanceof Map && hint.has('$natural')) {
    return { natural: equalValues(hint.get('$natural') as Value, -1) ? -1 : 1 };
  }
  const index = collection.indexes.find(({ name, spec }) =>
    typeof hint === 'string'
      ? name === hint
      : hint instanceof Map && isSamePattern(hint, spec.get('key') as Document),
  );
  if (index) return { index };
  throw badValue(
    `error enumerating plans for query: ns=${collection.namespace}: planner returned error :: caused by :: ` +
      'hint provided does not correspond to an existing index',
  );
}

/** Whether two key patterns are the same, number types aside. */
export function isSamePattern(a: Document, b: Document): boolean {
  if (a.size !== b.size) return false;
  const others = [...b];
  return [...a].every(([name, order], i) => {
    const [otherName, otherOrder] = others[i] as [string, Value];
    return name === otherName && equalValues(order, otherOrder);
  });
}
