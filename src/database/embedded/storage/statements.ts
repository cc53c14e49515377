/** How an index is read in one direction: the first entry of a range, and more behind one that is known. */
interface Reading {
  readonly first: string;
  readonly next: string;
}

/** The statements of one index. */
export interface IndexStatements {
  readonly add: string;
  readonly remove: string;
  readonly holder: string;
  readonly forwards: Reading;
  readonly backwards: Reading;
}

/** The statements of a collection's documents. */
export interface DocumentStatements {
  readonly add: string;
  readonly replace: string;
  readonly remove: string;
  readonly get: string;
}

/** Made once for each collection: prepared statements are found by their text, and it costs to put one together. */
export function documentStatements(collection: number): DocumentStatements {
  const table = `documents_${collection}`;
  return {
    add: `INSERT INTO ${table} (doc) VALUES (?)`,
    replace: `UPDATE ${table} SET doc = ? WHERE rid = ?`,
    remove: `DELETE FROM ${table} WHERE rid = ?`,
    get: `SELECT doc FROM ${table} WHERE rid = ?`,
  };
}

const ofIndexes = new Map<number, IndexStatements>();
/** Far more than there are; an index that is gone is not asked for again. */
const MOST = 1_000;

/** The same for an index, by its id, which no other index ever has. */
export function indexStatements(index: number): IndexStatements {
  const known = ofIndexes.get(index);
  if (known) return known;
  const table = `index_${index}`;
  const reading = (compare: '>' | '<', order: 'ASC' | 'DESC', bound: string): Reading => {
    const inOrder = `ORDER BY key ${order}, rid ${order} LIMIT`;
    return {
      first: `SELECT key, rid FROM ${table} WHERE key >= ? AND key < ? ${inOrder} 1`,
      next: `SELECT key, rid FROM ${table} WHERE (key, rid) ${compare} (?, ?) AND ${bound} ${inOrder} ?`,
    };
  };
  const statements: IndexStatements = {
    add: `INSERT INTO ${table} (key, rid) VALUES (?, ?)`,
    remove: `DELETE FROM ${table} WHERE key = ? AND rid = ?`,
    holder: `SELECT rid FROM ${table} WHERE key = ?`,
    forwards: reading('>', 'ASC', 'key < ?'),
    backwards: reading('<', 'DESC', 'key >= ?'),
  };
  if (ofIndexes.size >= MOST) ofIndexes.clear();
  ofIndexes.set(index, statements);
  return statements;
}
