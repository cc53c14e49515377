import type { Collection, mongo } from 'mongoose';

/** One document to change, or with `upsert` to create if it is missing. */
export interface Update {
  readonly filter: object;
  readonly update: object;
  readonly upsert?: boolean;
}

/** Documents to be found, with these fields, in this order. */
export interface Question {
  readonly filter: object;
  readonly projection: Readonly<Record<string, 0 | 1>>;
  readonly sort?: Readonly<Record<string, 1 | -1>>;
}

/** What is asked of the database with every update of every room, and of which the driver makes much. */
export interface Commands {
  /**
   * Inserts documents in their order, nothing behind the first that is refused.
   *
   * @throws an error whose `writeErrors` says which was refused, and whose `code` says why
   */
  insert(into: Collection, documents: readonly object[]): Promise<void>;
  find<T>(among: Collection, question: Question): Promise<T[]>;
  /** Makes updates that do not depend on each other. @throws where one of them was refused, with its `code` */
  update(
    of: Collection,
    updates: readonly Update[],
  ): Promise<{ matchedCount: number; modifiedCount: number }>;
}

/** By the driver, with what it does for a server that may be far away, or not one but several. */
export const driverCommands: Commands = {
  async insert(into, documents) {
    await into.insertMany(documents as mongo.OptionalId<mongo.Document>[], { ordered: true });
  },
  async find<T>(among: Collection, { filter, ...options }: Question) {
    return (await among.find(filter, options).toArray()) as T[];
  },
  update(of, updates) {
    const operations = updates.map((updateOne) => ({ updateOne }));
    return of.bulkWrite(operations as mongo.AnyBulkWriteOperation[], { ordered: false });
  },
};
