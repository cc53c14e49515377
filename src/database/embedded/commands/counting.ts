import type { Document, Value } from '../bson/types';

/** What is asked for by a pipeline that only counts: a document with `_id` and the number under `name`. */
export interface Counting {
  id: Value;
  name: string;
  /** Whether it counts every document of the collection. */
  isOfAll: boolean;
}

/** One find, as drivers write it in front of a count. */
const oneFind = /^\$match(,\$skip)?(,\$limit)?$/;

/**
 * Recognises `[{ $match: … }, { $group: { _id: 1, n: { $sum: 1 } } }]`, which is how drivers count, with `$skip` and `$limit` where
 * they are asked for. The number of all documents is known without reading one.
 */
export function countingOf(pipeline: readonly Value[]): Counting | undefined {
  const group = pipeline.at(-1);
  const find = pipeline.slice(0, -1);
  const names = find.map((stage) => (stage instanceof Map && stage.size === 1 ? [...stage.keys()][0] : ''));
  if (!oneFind.test(names.join()) || !isStage(group, '$group')) return undefined;
  const groups = group.get('$group');
  if (!(groups instanceof Map) || groups.size !== 2) return undefined;
  const [[idName, id], [name, sum]] = [...groups] as [[string, Value], [string, Value]];
  const isConstant = typeof id === 'number' || id === null;
  if (idName !== '_id' || !isConstant || name.includes('.') || name.startsWith('$')) return undefined;
  if (!isStage(sum, '$sum') || sum.get('$sum') !== 1) return undefined;
  const filter = (find[0] as Document).get('$match');
  return { id, name, isOfAll: find.length === 1 && filter instanceof Map && filter.size === 0 };
}

function isStage(source: Value | undefined, name: string): source is Document {
  return source instanceof Map && source.size === 1 && source.has(name);
}
