import { leftOut } from '../../server-error';
import { bucket, bucketAuto } from './bucket';
import { count } from './count';
import { facet } from './facet';
import { group } from './group';
import { lookup } from './lookup';
import { match } from './match';
import { merge } from './merge';
import { out } from './out';
import { addFields, project, set, unset } from './project';
import { redact } from './redact';
import { replaceRoot, replaceWith } from './replace-root';
import { sample } from './sample';
import { sortByCount } from './sort-by-count';
import { collStats, documents, indexStats } from './sources';
import type { ReadStage } from './stage';
import { unionWith } from './union-with';
import { unwind } from './unwind';
import { limit, skip, sort } from './window';

/** Stages that a real server has and this one leaves out. */
export const leftOutStages = [
  '$changeStream',
  '$changeStreamSplitLargeEvent',
  '$currentOp',
  '$densify',
  '$fill',
  '$geoNear',
  '$graphLookup',
  '$listLocalSessions',
  '$listSessions',
  '$planCacheStats',
  '$search',
  '$searchMeta',
  '$setWindowFields',
  '$vectorSearch',
] as const;

/** The stages that a pipeline may have, for the table in docs/ too. */
export const pipelineStages: ReadonlyMap<string, ReadStage> = new Map<string, ReadStage>([
  ['$match', match],
  ['$project', project],
  ['$addFields', addFields],
  ['$set', set],
  ['$unset', unset],
  ['$group', group],
  ['$sort', sort],
  ['$skip', skip],
  ['$limit', limit],
  ['$count', count],
  ['$replaceRoot', replaceRoot],
  ['$replaceWith', replaceWith],
  ['$unwind', unwind],
  ['$lookup', lookup],
  ['$facet', facet],
  ['$bucket', bucket],
  ['$bucketAuto', bucketAuto],
  ['$sortByCount', sortByCount],
  ['$sample', sample],
  ['$unionWith', unionWith],
  ['$redact', redact],
  ['$documents', documents],
  ['$collStats', collStats],
  ['$indexStats', indexStats],
  ['$out', out],
  ['$merge', merge],
]);

/** Those, and those that are refused by name. */
export const stages: ReadonlyMap<string, ReadStage> = new Map<string, ReadStage>([
  ...pipelineStages,
  ...leftOutStages.map((name): [string, ReadStage] => [
    name,
    () => {
      throw leftOut(`the aggregation stage ${name}`, 40324);
    },
  ]),
]);
