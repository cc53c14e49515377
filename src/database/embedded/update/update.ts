import { equalValues, identicalValues } from '../bson/compare';
import { show } from '../bson/show';
import { type Document, type Value } from '../bson/types';
import { readFilter } from '../query/filter';
import { type FilterContext, withoutExpressions } from '../query/filter-context';
import type { MatchedAt } from '../query/filter-nodes';
import { failedToParse, ServerError } from '../server-error';
import { applyTree } from './apply';
import { readArrayFilters } from './array-filters';
import { readElementTest, readOperators } from './operators';
import { refuseDollarNames, refuseTooDeep, withIdFirst } from './storable';
import { idFromFilter, seedFromFilter } from './upsert';

export interface UpdateOptions {
  /** For the filter of an upsert, for arrayFilters and for `$pull`. */
  readonly filters: FilterContext;
  readonly arrayFilters?: readonly Document[] | undefined;
  /** Makes one function of the stages of an update in pipeline form. */
  readonly pipeline?: ((stages: readonly Value[]) => (doc: Document) => Document) | undefined;
  readonly now?: (() => Date) | undefined;
}

/** What an update command does to a document, read and checked once. */
export interface Update {
  readonly kind: 'operators' | 'replacement' | 'pipeline';
  /** The new document; the very same one where every byte would stay as it is. @throws ServerError */
  apply(doc: Document, matched: MatchedAt): Document;
  /** The document to insert where the filter found none. It may lack an _id. @throws ServerError */
  forUpsert(filter: Document): Document;
}

/**
 * Reads an update: operators, a replacement, or a pipeline
 * (https://www.mongodb.com/docs/manual/reference/command/update/#update-command-u).
 *
 * @throws ServerError for a value that is not an update, with MongoDB's codes
 */
export function readUpdate(spec: Value, options: UpdateOptions): Update {
  if (Array.isArray(spec)) return pipelineUpdate(spec, options);
  if (!(spec instanceof Map)) {
    throw failedToParse('Update argument must be either an object or an array');
  }
  const first = spec.keys().next().value;
  return first?.startsWith('$') ? operatorUpdate(spec, options) : replacement(spec, options);
}

function operatorUpdate(spec: Document, { filters, arrayFilters = [], now }: UpdateOptions): Update {
  const ofElements = withoutExpressions(filters);
  const elementFilters = readArrayFilters(arrayFilters, ofElements);
  const tree = readOperators(spec, elementFilters, {
    strings: filters.strings,
    now: now ?? (() => new Date()),
    elementTest: (condition) => readElementTest(condition, ofElements),
  });
  const change = (doc: Document, found: number | undefined, isInsert: boolean): Document => {
    const mayChangeId = isInsert && !doc.has('_id');
    const result = applyTree(doc, tree, { found, elementFilters, isInsert, mayChangeId });
    if (result === doc) return doc;
    if (!isInsert)
      refuseDollarNames(
        result,
        [...result.keys()].filter((name) => result.get(name) !== doc.get(name)),
      );
    refuseTooDeep(result);
    return result;
  };
  return {
    kind: 'operators',
    apply: (doc, { index }) => change(doc, index, false),
    forUpsert: (filter) => change(seedFromFilter(readFilter(filter, filters)), undefined, true),
  };
}

function replacement(spec: Document, { filters, arrayFilters }: UpdateOptions): Update {
  if (arrayFilters?.length) {
    throw failedToParse('Cannot specify arrayFilters and a replacement-style update');
  }
  return {
    kind: 'replacement',
    apply: (doc) => {
      refuseDollarNames(spec, spec.keys());
      return replaced(doc, spec);
    },
    forUpsert: (filter) => {
      const id = idFromFilter(readFilter(filter, filters));
      return replaced(id === undefined ? new Map() : new Map([['_id', id]]), spec);
    },
  };
}

/** `next` in the place of `doc`, with the _id that stays. */
function replaced(doc: Document, next: Document): Document {
  const id = doc.get('_id');
  const newId = next.get('_id');
  if (id !== undefined && newId !== undefined && !equalValues(id, newId)) {
    throw new ServerError(
      66,
      `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(newId)}`,
    );
  }
  const result = id === undefined ? next : withIdFirst(next, id);
  if (identicalValues(doc, result)) return doc;
  refuseTooDeep(result);
  return result;
}

function pipelineUpdate(
  stages: readonly Value[],
  { filters, arrayFilters, pipeline }: UpdateOptions,
): Update {
  if (arrayFilters?.length) {
    throw failedToParse('Cannot specify arrayFilters and a pipeline update');
  }
  if (!pipeline) throw failedToParse('Updates in pipeline form are not understood here');
  const run = pipeline(stages);
  return {
    kind: 'pipeline',
    apply: (doc) => replaced(doc, run(doc)),
    forUpsert: (filter) => {
      const seed = seedFromFilter(readFilter(filter, filters));
      return replaced(seed, run(seed));
    },
  };
}
