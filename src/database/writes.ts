import type { Collection, mongo } from 'mongoose';

/** One document to be changed, or made where there is none and `upsert` says so. */
export interface Update {
  readonly filter: object;
  readonly update: object;
  readonly upsert?: boolean;
}

/** The writes that come with every update of every room, of which the driver makes much. */
export interface Writes {
  /**
   * Inserts documents in their order, nothing behind the first that is refused.
   *
   * @throws an error whose `writeErrors` says which was refused, and whose `code` says why
   */
  insert(into: Collection, documents: readonly object[]): Promise<void>;
  /** Makes updates that do not depend on each other. @throws where one of them was refused, with its `code` */
  update(
    of: Collection,
    updates: readonly Update[],
  ): Promise<{ matchedCount: number; modifiedCount: number }>;
}

/** By the driver, with what it does for a server that may be far away, or not one but several. */
export const driverWrites: Writes = {
  async insert(into, documents) {
    await into.insertMany(documents as mongo.OptionalId<mongo.Document>[], { ordered: true });
  },
  update(of, updates) {
    const operations = updates.map((updateOne) => ({ updateOne }));
    return of.bulkWrite(operations as mongo.AnyBulkWriteOperation[], { ordered: false });
  },
};
