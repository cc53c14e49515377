import type { StartRunning } from './accumulator';
import { Average, Deviation, Sum } from './numbers';
import { AddToSet, Extreme, First, Last, MergeObjects, Push } from './values';

/** The accumulators that take one value of each document. */
export const startByName: ReadonlyMap<string, StartRunning> = new Map<string, StartRunning>([
  ['$sum', () => new Sum()],
  ['$avg', () => new Average()],
  ['$min', (setting) => new Extreme(-1, setting)],
  ['$max', (setting) => new Extreme(1, setting)],
  ['$first', () => new First()],
  ['$last', () => new Last()],
  ['$push', (setting) => new Push(setting)],
  ['$addToSet', (setting) => new AddToSet(setting)],
  ['$mergeObjects', () => new MergeObjects()],
  ['$stdDevPop', () => new Deviation('population')],
  ['$stdDevSamp', () => new Deviation('sample')],
]);
