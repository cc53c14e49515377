import type { CollectionName, Collections, Query } from '../aggregation/stages/stage';
import { type Document, Double, document } from '../bson/types';
import { readFilter } from '../query/filter';
import { leftOut, ServerError } from '../server-error';
import type { Collection } from '../storage/collection';
import type { Call } from './command';
import { readyToInsert } from './insert';
import { type Search, search } from './selection';

/** What the stages of a pipeline see of the collections, and do to them. */
export class CollectionsOfServer implements Collections {
  constructor(
    private readonly call: Call,
    private readonly strings: Search['strings'],
  ) {}

  *find(name: CollectionName, query: Query): Generator<Document> {
    const collection = this.there(name);
    if (!collection) return;
    for (const { value } of search(collection, { ...query, strings: this.strings }, this.call.time))
      yield value;
  }

  replaceAll(name: CollectionName, documents: Iterable<Document>): void {
    // All of them before the first is written: they may come from the very collection.
    const ready = Array.from(documents, readyToInsert);
    // Until the last of them is in, the collection is what it was.
    this.call.server.store.atomically(() => {
      const collection = this.made(name);
      for (const stored of collection.scan(1)) collection.remove(stored);
      for (const doc of ready) collection.insert(doc);
    });
  }

  insert(name: CollectionName, doc: Document): void {
    this.made(name).insert(readyToInsert(doc));
  }

  replace(name: CollectionName, doc: Document): void {
    const collection = this.made(name);
    const filter = readFilter(new Map([['_id', doc.get('_id') ?? null]]), { expression: neverAsked });
    const query = { filter, sort: [], skip: 0, limit: 1, strings: undefined };
    for (const stored of search(collection, query, this.call.time)) collection.replace(stored, doc);
  }

  isUnique(name: CollectionName, fields: readonly string[]): boolean {
    const wanted = [...fields].sort().join('\0');
    const collection = this.there(name);
    // A collection that is not there yet will have one unique index.
    if (!collection) return wanted === '_id';
    return collection.indexes.some(
      (index) => index.isUnique && !index.partial && [...index.fields].sort().join('\0') === wanted,
    );
  }

  statistics(name: CollectionName, kind: 'collStats' | 'indexStats', options: Document): Document[] {
    const collection = this.there(name);
    if (!collection) return [];
    const ns = collection.namespace;
    if (kind === 'indexStats')
      return collection.indexes.map(({ name: index, spec }) =>
        document({ name: index, key: spec.get('key'), spec }),
      );
    for (const part of options.keys()) {
      if (part !== 'count' && part !== 'storageStats') throw leftOut(`$collStats with ${part}`, 40415);
    }
    const count = collection.count();
    const storageStats = document({
      size: new Double(collection.size()),
      count,
      nindexes: collection.indexes.length,
    });
    return [
      document({
        ns,
        localTime: new Date(),
        count: options.has('count') ? count : undefined,
        storageStats: options.has('storageStats') ? storageStats : undefined,
      }),
    ];
  }

  private there({ db, name }: CollectionName): Collection | undefined {
    return this.call.server.store.find(db, name);
  }

  private made({ db, name }: CollectionName): Collection {
    const { store } = this.call.server;
    store.begin();
    return store.ensure(db, name);
  }
}

function neverAsked(): never {
  throw new ServerError(1, 'a filter by _id has no expression');
}
