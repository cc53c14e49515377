import mongoose from 'mongoose';
import type { Target } from '../targets';
import type { Case, Command } from './operations';

const { EJSON } = mongoose.mongo.BSON;
const { MongoServerError } = mongoose.mongo;

/** Types as they come, so that an int and a long are two answers. */
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };

/** What a server answered: the part of a reply that counts, or the code of its error. */
export interface Answer {
  reply?: unknown;
  error?: { code: number; message: string; key?: unknown };
}

/** All commands of a case: its set-up, reads and write, and a look at what the collection holds afterwards. */
export function commandsOf({ indexes, documents, reads, write }: Case): Command[] {
  return [
    ...(indexes.length > 0 ? [{ createIndexes: 'c', indexes }] : []),
    { insert: 'c', documents, ordered: false },
    ...reads,
    write,
    { find: 'c', sort: { _id: 1 } },
  ];
}

/** The answers to each command of a case. */
export async function ask({ db }: Target, one: Case): Promise<Answer[]> {
  const hasIndexes = one.indexes.length > 0;
  await db.command(hasIndexes ? { drop: 'c' } : { delete: 'c', deletes: [{ q: {}, limit: 0 }] });
  const answers: Answer[] = [];
  for (const command of commandsOf(one)) answers.push(await answer(db, command));
  if (hasIndexes) await db.command({ drop: 'c' });
  return answers;
}

async function answer(db: mongoose.mongo.Db, command: Command): Promise<Answer> {
  try {
    const reply = await db.command(command, exact);
    const [error] = reply['writeErrors'] ?? [];
    if (error) return { error: errorOf(error, error.errmsg) };
    return { reply: JSON.parse(comparable(EJSON.stringify(essence(reply), { relaxed: false }))) };
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return { error: errorOf(error, error.message) };
  }
}

/** Of a duplicate, the key counts as well. */
function errorOf({ code, keyPattern, keyValue }: mongoose.mongo.Document, message: string): Answer['error'] {
  const key =
    keyPattern && JSON.parse(comparable(EJSON.stringify({ keyPattern, keyValue }, { relaxed: false })));
  return { code: Number(code), message, ...(key ? { key } : {}) };
}

/** Counts as plain numbers, and no more than says something about the documents. */
function essence(reply: mongoose.mongo.Document): unknown {
  const { cursor, value, values, lastErrorObject, n, nModified, upserted, numIndexesAfter } = reply;
  if (cursor) return cursor.firstBatch;
  if (values) return [...values].map((item) => EJSON.stringify(item, { relaxed: false })).sort();
  const made = (one: { _id: unknown }) => madeUp(one._id);
  return {
    n: Number(n ?? lastErrorObject?.n ?? numIndexesAfter),
    nModified: nModified === undefined ? undefined : Number(nModified),
    upserted: upserted?.map(made),
    value,
  };
}

const madeUp = (id: unknown): unknown => (id instanceof mongoose.mongo.ObjectId ? 'an ObjectId' : id);

/** Ids that a server makes up are no difference. */
function comparable(text: string): string {
  return text.replace(/"\$oid":"(?!65000000000000000000000)[0-9a-f]{24}"/g, '"$oid":"made up"');
}

export const shown = (answer: Answer | undefined): string =>
  answer?.error
    ? `error ${answer.error.code}: ${answer.error.message} ${JSON.stringify(answer.error.key ?? '')}`
    : JSON.stringify(answer?.reply ?? null);

/** Whether two servers answered the same; of errors the codes and the keys of duplicates count. */
export function isSame(a: Answer, b: Answer): boolean {
  if (!a.error || !b.error) return !a.error && !b.error && shown(a) === shown(b);
  return a.error.code === b.error.code && JSON.stringify(a.error.key) === JSON.stringify(b.error.key);
}
