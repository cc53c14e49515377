import type { Document, Value } from '../../bson/types';
import { allOf, type Filter } from '../../query/filter-nodes';
import type { SortPart } from '../../query/sort';
import { ServerError, typeMismatch } from '../../server-error';
import type { Pipeline, Query, Stage, StageSetting } from './stage';
import { stages as table } from './table';
import { sorting } from './window';

interface Named {
  name: string;
  stage: Stage;
}

/** A server's limit on the number of stages. */
const MOST_STAGES = 1_000;

/**
 * Reads an aggregation pipeline, once for any number of runs.
 *
 * @param inside the stage that the pipeline is an argument of.
 * @throws ServerError 40324 for an unknown stage, and the errors of each stage.
 */
export function readPipeline(source: Value, setting: StageSetting, inside?: string): Pipeline {
  const all = readStages(source).map(([name, operand]): Named => {
    const read = table.get(name);
    if (!read) throw new ServerError(40324, `Unrecognized pipeline stage name: '${name}'`);
    return { name, stage: read(operand, setting, readPipeline) };
  });
  refuseMisplaced(all, inside);
  const { query, rest } = takeQuery(all);
  const first = all[0]?.stage;
  return {
    query,
    run: through(withSorts(rest, setting)),
    runWhole: through(withSorts(all, setting)),
    readsCollection: first?.isSource !== true,
    writes: all.at(-1)?.stage.isSink === true,
    names: all.map(({ name }) => name),
  };
}

function through(steps: readonly Named[]): (documents: Iterable<Document>) => Iterable<Document> {
  return (documents) => steps.reduce((before, { stage }) => stage.run(before), documents);
}

function readStages(source: Value): [string, Value][] {
  if (!Array.isArray(source)) throw typeMismatch('A pipeline must be an array of objects');
  if (source.length > MOST_STAGES) {
    throw new ServerError(7749501, `Pipeline length must be no longer than ${MOST_STAGES} stages`);
  }
  for (const stage of source) {
    if (!(stage instanceof Map)) throw typeMismatch("Each element of the 'pipeline' array must be an object");
  }
  return (source as Document[]).map((stage) => {
    if (stage.size !== 1) {
      throw new ServerError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    return [...stage][0] as [string, Value];
  });
}

function refuseMisplaced(all: readonly Named[], inside: string | undefined): void {
  for (const [i, { name, stage }] of all.entries()) {
    if (stage.isSource && i > 0) {
      throw new ServerError(40602, `${name} is only valid as the first stage in a pipeline`);
    }
    if (!stage.isSink) continue;
    if (inside) throw new ServerError(51047, `${name} is not allowed within a ${inside}'s sub-pipeline`);
    if (i < all.length - 1)
      throw new ServerError(40601, `${name} can only be the final stage in the pipeline`);
  }
}

/** As many leading stages as one find can do: `$match`, then `$sort`, then `$skip`, then `$limit`. */
function takeQuery(all: readonly Named[]): { query: Query; rest: readonly Named[] } {
  const filters: Filter[] = [];
  let sort: readonly SortPart[] = [];
  let skip = 0;
  let limit = 0;
  const order = ['match', 'sort', 'skip', 'limit'];
  let reached = 0;
  let at = 0;
  for (; at < all.length; at++) {
    const part = all[at]?.stage.part;
    if (!part) break;
    const step = order.indexOf(part.kind);
    // Only a filter may be followed by another of its kind.
    if (step < reached || (step === reached && step > 0)) break;
    reached = step;
    if (part.kind === 'match') filters.push(part.filter);
    else if (part.kind === 'sort') sort = part.sort;
    else if (part.kind === 'skip') skip = part.count;
    else limit = part.count;
  }
  const filter = filters.length === 1 ? (filters[0] as Filter) : allOf(filters);
  return { query: { filter, sort, skip, limit }, rest: all.slice(at) };
}

/** Stages that make groups, and those that leave their `_id` alone. */
const grouping = ['$group', '$sortByCount', '$bucket'];
const neutral = ['$match', '$sort', '$skip', '$limit', '$sample'];

/** A sort knows whether it sorts groups, and how many documents are left after the stages behind it. */
function withSorts(all: readonly Named[], setting: StageSetting): Named[] {
  let areGroups = false;
  return all.map((named, i) => {
    if (!neutral.includes(named.name)) areGroups = grouping.includes(named.name);
    const part = named.stage.part;
    if (part?.kind !== 'sort') return named;
    const ofGroups = areGroups && part.sort.length === 1 && part.sort[0]?.path === '_id';
    const options = { strings: setting.strings, atMost: keptBy(all.slice(i + 1)), ofGroups };
    return { ...named, stage: sorting(part.sort, options) };
  });
}

/** How many documents the stages before the first that is no `$skip` or `$limit` look at. */
function keptBy(stages: readonly Named[]): number {
  let skipped = 0;
  for (const { stage } of stages) {
    if (stage.part?.kind === 'skip') skipped += stage.part.count;
    else if (stage.part?.kind === 'limit') return skipped + stage.part.count;
    else break;
  }
  return Number.POSITIVE_INFINITY;
}
