import type { Connection, Model } from 'mongoose';

/** An index that a model needs is not there as declared. The message says which, and what the server said. */
class IndexProblem extends Error {
  override readonly name = 'IndexProblem';
}

/**
 * Makes the indexes of every model of the connection, then asks the server for what it really has.
 * A unique index that existing documents break fails here, before the service relies on it.
 *
 * @throws IndexProblem naming the collection and the index.
 */
export async function ensureIndexes(connection: Connection): Promise<void> {
  for (const model of Object.values(connection.models)) {
    await model.createCollection();
    try {
      await model.createIndexes();
    } catch (error) {
      throw new IndexProblem(`${model.collection.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  await verifyIndexes(connection);
}

/**
 * Asks for the indexes of all collections at once: one after another, a busy database would need a time for each.
 *
 * @throws IndexProblem when an index of a model is missing from its collection, or is not unique as declared.
 */
export async function verifyIndexes(connection: Connection): Promise<void> {
  await Promise.all(Object.values(connection.models).map(verifyIndexesOf));
}

async function verifyIndexesOf(model: Model<unknown>): Promise<void> {
  const there = await model.listIndexes();
  for (const [key, { unique }] of model.schema.indexes()) {
    const wanted = JSON.stringify(key);
    const found = there.find((index) => JSON.stringify(index['key']) === wanted);
    if (!found || Boolean(found['unique']) !== Boolean(unique)) {
      throw new IndexProblem(`${model.collection.name} lacks the ${unique ? 'unique ' : ''}index ${wanted}`);
    }
  }
}
