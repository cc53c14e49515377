import { type Document, type Value } from '../bson/types';
import type { Row } from '../cursors';
import type { Call } from './command';

export interface CursorSource {
  namespace: string;
  rows: Iterable<Row>;
  batchSize?: number | undefined;
  isSingleBatch?: boolean | undefined;
  neverTimesOut?: boolean | undefined;
  limit?: number | undefined;
}

/** Opens a cursor and answers with its first batch. */
export function cursorReply(call: Call, source: CursorSource): Document {
  const { namespace, neverTimesOut, limit = 0, batchSize, isSingleBatch } = source;
  const options = {
    namespace,
    session: call.session,
    limit,
    rows: source.rows[Symbol.iterator](),
    neverTimesOut,
  };
  const { id, rows } = call.server.cursors.start(options, batchSize, isSingleBatch);
  return batchReply('firstBatch', namespace, id, rows);
}

export function batchReply(
  field: 'firstBatch' | 'nextBatch',
  namespace: string,
  id: bigint,
  rows: Row[],
): Document {
  const batch: Value[] = rows.map((row) => (row instanceof Map ? row : row.value));
  const cursor: Document = new Map<string, Value>([
    [field, batch],
    ['id', id],
    ['ns', namespace],
  ]);
  return new Map([['cursor', cursor]]);
}
