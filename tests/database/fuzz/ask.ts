import mongoose from 'mongoose';
import type { Target } from '../targets';
import type { Case, Command } from './operations';

const { EJSON } = mongoose.mongo.BSON;
const { MongoServerError } = mongoose.mongo;

/** Types as they come, so that an int and a long are two answers. */
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };

/** What a server said: the part of a reply that counts, or the code of its error. */
export interface Answer {
  reply?: unknown;
  error?: { code: number; message: string };
}

/** The answers to each command of a case, and what the collection holds afterwards. */
export async function ask({ db }: Target, { documents, reads, write }: Case): Promise<Answer[]> {
  await db.command({ delete: 'c', deletes: [{ q: {}, limit: 0 }] });
  await db.command({ insert: 'c', documents });
  const answers: Answer[] = [];
  for (const command of [...reads, write]) answers.push(await answer(db, command));
  answers.push(await answer(db, { find: 'c', sort: { _id: 1 } }));
  return answers;
}

async function answer(db: mongoose.mongo.Db, command: Command): Promise<Answer> {
  try {
    const reply = await db.command(command, exact);
    const [error] = reply['writeErrors'] ?? [];
    if (error) return { error: { code: Number(error.code), message: error.errmsg } };
    return { reply: JSON.parse(comparable(EJSON.stringify(essence(reply), { relaxed: false }))) };
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return { error: { code: Number(error.code), message: error.message } };
  }
}

/** Counts as plain numbers, and no more than says something about the documents. */
function essence(reply: mongoose.mongo.Document): unknown {
  const { cursor, value, values, lastErrorObject, n, nModified, upserted } = reply;
  if (cursor) return cursor.firstBatch;
  if (values) return [...values].map((item) => EJSON.stringify(item, { relaxed: false })).sort();
  const made = (one: { _id: unknown }) => madeUp(one._id);
  return {
    n: Number(n ?? lastErrorObject?.n),
    nModified: nModified === undefined ? undefined : Number(nModified),
    upserted: upserted?.map(made),
    value,
  };
}

const madeUp = (id: unknown): unknown => (id instanceof mongoose.mongo.ObjectId ? 'an ObjectId' : id);

/** Ids that a server makes up are no difference, and neither is the sign of zero. */
function comparable(text: string): string {
  return text
    .replace(/"\$oid":"(?!65000000000000000000000)[0-9a-f]{24}"/g, '"$oid":"made up"')
    .replaceAll('"-0.0"', '"0.0"');
}

export const shown = (answer: Answer | undefined): string =>
  answer?.error
    ? `error ${answer.error.code}: ${answer.error.message}`
    : JSON.stringify(answer?.reply ?? null);

/** Whether two servers said the same; of errors only the codes count. */
export function isSame(a: Answer, b: Answer): boolean {
  if (a.error || b.error) return a.error?.code === b.error?.code;
  return shown(a) === shown(b);
}
