import type { Document, Value } from '../../bson/types';
import type { Filter } from '../../query/filter-nodes';
import type { SortPart } from '../../query/sort';
import type { ExpressionSetting } from '../expressions/reader';

/** A find: what a collection can answer by itself, with its indexes. */
export interface Query {
  filter: Filter;
  sort: readonly SortPart[];
  skip: number;
  /** 0: no limit. */
  limit: number;
}

/** A collection by the names of its database and its own. */
export interface CollectionName {
  db: string;
  name: string;
}

/** How stages read other collections. Implemented beside the storage. */
export interface Collections {
  find(collection: CollectionName, query: Query): Iterable<Document>;
  /** Replaces everything in a collection, which is made if it is not there; its indexes stay. */
  replaceAll(collection: CollectionName, documents: Iterable<Document>): void;
  insert(collection: CollectionName, doc: Document): void;
  /** Replaces the document with the `_id` of `doc`. */
  replace(collection: CollectionName, doc: Document): void;
  /** Whether these fields, in any order, are the key of a unique index. */
  isUnique(collection: CollectionName, fields: readonly string[]): boolean;
  /** What `$collStats` and `$indexStats` show; undefined where there is no such collection. */
  statistics(collection: CollectionName, kind: 'collStats' | 'indexStats', options: Document): Document[];
}

export interface StageSetting extends ExpressionSetting {
  readonly collection: CollectionName;
  readonly collections: Collections;
}

/** One step of a pipeline. What can stream does; nothing is read before it is asked for. */
export interface Stage {
  run(documents: Iterable<Document>): Iterable<Document>;
  /** Leading stages of these kinds can be answered by a collection itself. */
  readonly part?:
    | { kind: 'match'; filter: Filter }
    | { kind: 'sort'; sort: readonly SortPart[] }
    | { kind: 'skip' | 'limit'; count: number };
  /** Makes documents by itself: it has to come first, and needs none. */
  readonly isSource?: boolean;
  /** Writes as soon as it runs, and gives nothing: it has to come last. */
  readonly isSink?: boolean;
}

/** Reads a pipeline within a stage: of `$lookup`, `$facet`, `$unionWith`, `$merge`. */
export type ReadPipeline = (stages: Value, setting: StageSetting, within?: string) => Pipeline;

export interface Pipeline {
  /** The leading stages as one find. */
  readonly query: Query;
  /** The stages that are left after the find, on what it found. */
  run(found: Iterable<Document>): Iterable<Document>;
  /** All stages, on documents that come from elsewhere. */
  runWhole(documents: Iterable<Document>): Iterable<Document>;
  /** False where the first stage makes its own documents. */
  readonly readsCollection: boolean;
  /** Whether it ends in `$out` or `$merge`. */
  readonly writes: boolean;
  /** The names of the stages, in order. */
  readonly names: readonly string[];
}

export type ReadStage = (operand: Value, setting: StageSetting, readPipeline: ReadPipeline) => Stage;
