import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import mongoose from 'mongoose';

const { openEmbeddedDatabase } = createRequire(import.meta.url)('../../dist/database/embedded/index.js');

/** The three ways to the same disk. */
export async function openTargets(scratch) {
  const database = await openEmbeddedDatabase({ directory: join(scratch, 'embedded') });
  const driver = await openDriver(database.uri);
  const connection = await mongoose
    .createConnection(database.uri, { dbName: 'mongoose', maxPoolSize: 20 })
    .asPromise();
  return [
    openSqlite(join(scratch, 'plain.sqlite')),
    driver,
    {
      ...openMongoose(connection),
      close: async () => {
        await connection.close();
        await database.close();
      },
    },
  ];
}

/**
 * SQLite with nothing before it, set as the embedded database sets it: documents as JSON in a table, with the same two
 * indexes. It has no one to wait for, so "at once" makes no difference to it.
 */
function openSqlite(file) {
  const sqlite = new DatabaseSync(file);
  for (const pragma of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'cache_size = -16000',
    'locking_mode = EXCLUSIVE',
  ]) {
    sqlite.exec(`PRAGMA ${pragma}`);
  }
  sqlite.exec('CREATE TABLE people (id TEXT PRIMARY KEY, room TEXT NOT NULL, doc TEXT NOT NULL) STRICT');
  sqlite.exec('CREATE INDEX people_by_room ON people (room)');
  const insert = sqlite.prepare('INSERT INTO people (id, room, doc) VALUES (?, ?, ?)');
  const byId = sqlite.prepare('SELECT doc FROM people WHERE id = ?');
  const byRoom = sqlite.prepare('SELECT doc FROM people WHERE room = ? LIMIT 100');
  const change = sqlite.prepare('UPDATE people SET doc = ? WHERE id = ?');
  const add = (doc) => insert.run(doc._id, doc.roomId, JSON.stringify(doc));
  return {
    name: 'SQLite',
    clear: async () => sqlite.exec('DELETE FROM people'),
    insert: async (doc) => add(doc),
    insertMany: async (documents) => {
      sqlite.exec('BEGIN');
      for (const doc of documents) add(doc);
      sqlite.exec('COMMIT');
    },
    read: async (id) => JSON.parse(byId.get(id).doc),
    range: async (roomId) => byRoom.all(roomId).map(({ doc }) => JSON.parse(doc)),
    update: async (id) => {
      const doc = JSON.parse(byId.get(id).doc);
      doc.seq += 1;
      change.run(JSON.stringify(doc), id);
    },
    close: async () => sqlite.close(),
  };
}

async function openDriver(uri) {
  const client = await new mongoose.mongo.MongoClient(uri, { maxPoolSize: 20 }).connect();
  const people = client.db('driver').collection('people');
  await people.createIndex({ roomId: 1 });
  return {
    name: 'driver',
    clear: () => people.deleteMany({}),
    insert: (doc) => people.insertOne(doc),
    insertMany: (documents) => people.insertMany(documents),
    read: (id) => people.findOne({ _id: id }),
    range: (roomId) => people.find({ roomId }).limit(100).toArray(),
    update: (id) => people.updateOne({ _id: id }, { $inc: { seq: 1 } }),
    close: () => client.close(),
  };
}

function openMongoose(connection) {
  const schema = new mongoose.Schema({
    _id: String,
    roomId: { type: String, index: true },
    name: String,
    status: String,
    seq: Number,
    joinedAt: Date,
  });
  const Person = connection.model('Person', schema, 'people');
  return {
    name: 'mongoose',
    clear: async () => {
      await Person.init();
      await Person.deleteMany({});
    },
    insert: (doc) => Person.create(doc),
    insertMany: (documents) => Person.insertMany(documents),
    read: (id) => Person.findById(id).exec(),
    range: (roomId) => Person.find({ roomId }).limit(100).exec(),
    update: (id) => Person.updateOne({ _id: id }, { $inc: { seq: 1 } }).exec(),
  };
}
