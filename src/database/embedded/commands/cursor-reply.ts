import { EncodedDocument, type Outgoing } from '../bson/encode';
import type { Fetched, Row } from '../cursors';
import type { Call, Reply } from './command';
import type { Steps } from './steps';

export interface CursorSource {
  namespace: string;
  /** Undefined between them means that the read may pause. */
  rows: Iterable<Row | undefined>;
  batchSize?: number | undefined;
  isSingleBatch?: boolean | undefined;
  neverTimesOut?: boolean | undefined;
  limit?: number | undefined;
}

/** Opens a cursor and answers with its first batch. */
export function* cursorReply(call: Call, source: CursorSource): Steps<Reply> {
  const { namespace, neverTimesOut, limit = 0, batchSize, isSingleBatch } = source;
  const options = {
    namespace,
    session: call.session,
    time: call.time,
    limit,
    rows: source.rows[Symbol.iterator](),
    neverTimesOut,
  };
  const fetched = yield* call.server.cursors.start(options, batchSize, isSingleBatch);
  return batchReply('firstBatch', namespace, fetched);
}

export function batchReply(
  field: 'firstBatch' | 'nextBatch',
  namespace: string,
  { id, documents }: Fetched,
): Reply {
  const cursor = new Map<string, Outgoing>([
    [field, documents.map((bytes) => new EncodedDocument(bytes))],
    ['id', id],
    ['ns', namespace],
  ]);
  return new Map([['cursor', cursor]]);
}
