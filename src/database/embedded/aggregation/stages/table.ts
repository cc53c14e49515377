import { leftOut } from '../../server-error';
import { count } from './count';
import { group } from './group';
import { match } from './match';
import { addFields, project, set, unset } from './project';
import { replaceRoot, replaceWith } from './replace-root';
import type { ReadStage } from './stage';
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

/** The stages that a pipeline may have. */
export const stages: ReadonlyMap<string, ReadStage> = new Map<string, ReadStage>([
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
  ...leftOutStages.map((name): [string, ReadStage] => [
    name,
    () => {
      throw leftOut(`the aggregation stage ${name}`, 40324);
    },
  ]),
]);
