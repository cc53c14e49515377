import type { Document, Value } from '../bson/types';

/** What is asked for by a pipeline that only counts: a document with `_id` and the number under `name`. */
export interface CountOfAll {
  id: Value;
  name: string;
}

/**
 * Recognises `[{ $match: {} }, { $group: { _id: 1, n: { $sum: 1 } } }]`, which is how drivers ask for the number of all
 * documents. The answer is known without reading one.
 */
export function countOfAll(pipeline: readonly Value[]): CountOfAll | undefined {
  const [match, group, ...more] = pipeline;
  if (!isStage(match, '$match') || !isStage(group, '$group') || more.length > 0) return undefined;
  const [filter, groups] = [match.get('$match'), group.get('$group')];
  if (!(filter instanceof Map) || filter.size > 0 || !(groups instanceof Map) || groups.size !== 2)
    return undefined;
  const [[idName, id], [name, sum]] = [...groups] as [[string, Value], [string, Value]];
  const isConstant = typeof id === 'number' || id === null;
  if (idName !== '_id' || !isConstant || name.includes('.') || name.startsWith('$')) return undefined;
  return isStage(sum, '$sum') && sum.get('$sum') === 1 ? { id, name } : undefined;
}

function isStage(source: Value | undefined, name: string): source is Document {
  return source instanceof Map && source.size === 1 && source.has(name);
}
