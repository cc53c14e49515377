import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

const { EJSON } = mongoose.mongo.BSON;

export type Stages = mongoose.mongo.Document[];

/** The error of a pipeline, as far as it counts. */
interface Failure {
  readonly code?: number;
  readonly message?: string;
}

/** Runs pipelines over the documents of a test. */
export interface Pipelines {
  readonly db: mongoose.mongo.Db;
  /** Inserts documents and runs stages over them. Numbers come with their types. */
  results(documents: mongoose.mongo.Document[], stages: Stages): Promise<mongoose.mongo.Document[]>;
  /** Returns the error of a pipeline over one document with a text in `a`, or over others. */
  failure(stages: Stages, documents?: mongoose.mongo.Document[]): Promise<Failure>;
}

/** Opens a database for the tests of a file, empties it before each, and closes it after the last. */
export function openPipelines(): Pipelines {
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose]());
  beforeEach(() => database.db.dropDatabase());

  return {
    get db() {
      return database.db;
    },
    async results(documents, stages) {
      const source = database.db.collection('source');
      if (documents.length > 0) await source.insertMany(documents);
      return source
        .aggregate(stages, { promoteValues: false, ...({ promoteLongs: false } as object) })
        .toArray();
    },
    async failure(stages, documents = [{ _id: 1, a: 'text' }]) {
      const source = database.db.collection('source');
      await source.insertMany(documents);
      const answer = await source
        .aggregate(stages)
        .toArray()
        .catch((error: unknown) => error);
      const { code, message } = answer as Failure;
      return { code, message };
    },
  };
}

/** Extended JSON of a value, which shows the types of numbers: 1 is an int, `new Double(1)` is not. */
export const ejson = (of: unknown): unknown =>
  JSON.parse(EJSON.stringify({ of } as object, { relaxed: false })).of;
