import { hostname } from 'node:os';
import { readPipeline } from '../aggregation/stages/pipeline';
import { type Document, document } from '../bson/types';
import type { Plan } from '../query/plan';
import { ServerError } from '../server-error';
import type { Collection } from '../storage/collection';
import { aggregateFields } from './aggregate';
import { CollectionsOfServer } from './collections-of-server';
import { type Call, type Command, checkedName } from './command';
import { countFields } from './count';
import { distinctFields } from './distinct';
import { aDocument, anArray, anything, aString, readFields } from './fields';
import { findFields } from './find';
import { VERSION } from './handshake';
import { planOf, type Search, Selection, type SelectionSource, search, settingOf } from './selection';

/** Says how a command would find its documents; with `executionStats`, also looks for them. Nothing is changed. */
export const explain: Command = (body, call) => {
  const { explain: asked, verbosity = 'allPlansExecution' } = readFields('explain', body, {
    explain: aDocument,
    verbosity: aString,
  });
  if (!asked) throw new ServerError(40414, "BSON field 'explain.explain' is missing but a required field");
  if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity)) {
    throw new ServerError(
      9,
      'verbosity string must be one of {queryPlanner, executionStats, allPlansExecution}',
    );
  }
  return explained(asked, call, verbosity !== 'queryPlanner');
};

/** The explanation of one command. */
function explained(command: Document, call: Call, withExecution: boolean): Document {
  const [kind = ''] = command.keys();
  const read = Object.hasOwn(explainable, kind) ? explainable[kind] : undefined;
  if (!read) throw new ServerError(59, `Explain failed due to unknown command: ${kind}`);
  const name = checkedName(command.get(kind), call.db);
  const query = read(command, { ...call, name: kind });
  const collection = call.server.store.find(call.db, name);
  const plan = collection && planOf(collection, query);
  const reply = document({
    explainVersion: '1',
    queryPlanner: document({
      namespace: `${call.db}.${name}`,
      indexFilterSet: false,
      winningPlan: stages(collection, plan, query),
      rejectedPlans: [],
    }),
  });
  if (withExecution) reply.set('executionStats', execute(collection, query, call));
  reply.set('command', command);
  reply.set('serverInfo', document({ host: hostname(), version: VERSION }));
  return reply;
}

/** What each command that can be explained looks for. */
const explainable: Readonly<Record<string, (command: Document, call: Call) => Search>> = {
  find: (command, call) => searchOf(readFields('find', command, findFields), call),
  count: (command, call) => {
    const { query, limit = 0, ...rest } = readFields('count', command, countFields);
    return searchOf({ filter: query, limit: Math.abs(limit), ...rest }, call);
  },
  distinct: (command, call) => {
    const { query, hint, collation } = readFields('distinct', command, distinctFields);
    return searchOf({ filter: query, hint, collation }, call);
  },
  update: (command, call) => searchOf(firstOf(command, 'updates'), call),
  delete: (command, call) => searchOf(firstOf(command, 'deletes'), call),
  findAndModify: (command, call) => searchOf(ofFindAndModify(command), call),
  findandmodify: (command, call) => searchOf(ofFindAndModify(command), call),
  aggregate: (command, call) => {
    const { pipeline = [], hint, ...rest } = readFields('aggregate', command, aggregateFields);
    const setting = settingOf(rest);
    const collection = { db: call.db, name: checkedName(command.get('aggregate'), call.db) };
    const collections = new CollectionsOfServer(call, setting.strings);
    const { query } = readPipeline(pipeline, { ...setting, collection, collections });
    return { ...query, hint, strings: setting.strings };
  },
};

const searchOf = (source: SelectionSource, call: Call): Search => new Selection(source, call).query;

function firstOf(command: Document, list: 'updates' | 'deletes'): SelectionSource {
  const [statement, ...more] = anArray(command.get(list) ?? null, list);
  if (!(statement instanceof Map) || more.length > 0) {
    throw new ServerError(72, 'explained write batches must be of size 1');
  }
  const { q, hint, collation } = readFields(list, statement, {
    ...{ q: aDocument, u: anything, c: anything, limit: anything, multi: anything, upsert: anything },
    ...{ hint: anything, collation: anything, arrayFilters: anything, sort: anything },
  });
  return { filter: q, hint, collation };
}

function ofFindAndModify(command: Document): SelectionSource {
  const get = (name: string) => command.get(name);
  const [query, sort] = [get('query'), get('sort')];
  return {
    filter: query instanceof Map ? query : undefined,
    sort: sort instanceof Map ? sort : undefined,
    hint: get('hint'),
    collation: get('collation'),
    limit: 1,
  };
}

/** The plan in the words of a real server, the last stage outermost. */
function stages(collection: Collection | undefined, plan: Plan | undefined, query: Search): Document {
  if (!collection || !plan) return document({ stage: 'EOF' });
  let stage = found(plan);
  if (!plan.isSorted && query.sort.length > 0) {
    const sortPattern: Document = new Map(query.sort.map(({ path, direction }) => [path, direction]));
    stage = document({ stage: 'SORT', sortPattern, inputStage: stage });
  }
  if (query.skip > 0) stage = document({ stage: 'SKIP', skipAmount: query.skip, inputStage: stage });
  if (query.limit > 0) stage = document({ stage: 'LIMIT', limitAmount: query.limit, inputStage: stage });
  return stage;
}

function found(plan: Plan): Document {
  if (plan.kind === 'scan') {
    return document({ stage: 'COLLSCAN', direction: plan.direction === 1 ? 'forward' : 'backward' });
  }
  const branches = plan.kind === 'or' ? plan.branches : [plan];
  const scans = branches.map(({ index, direction, ranges }) =>
    document({
      stage: 'IXSCAN',
      keyPattern: index.spec.get('key'),
      indexName: index.name,
      isMultiKey: index.multikey !== 0,
      isUnique: index.isUnique,
      isSparse: index.isSparse,
      isPartial: index.partial !== undefined,
      direction: direction === 1 ? 'forward' : 'backward',
      ranges: ranges.length,
    }),
  );
  const inputStage = scans.length === 1 ? scans[0] : document({ stage: 'OR', inputStages: scans });
  return document({ stage: 'FETCH', inputStage });
}

function execute(collection: Collection | undefined, query: Search, call: Call): Document {
  const startedAt = performance.now();
  const examined = { keys: 0, documents: 0 };
  let nReturned = 0;
  if (collection) for (const _ of search(collection, query, call.time, examined)) nReturned += 1;
  return document({
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - startedAt),
    totalKeysExamined: examined.keys,
    totalDocsExamined: examined.documents,
  });
}
