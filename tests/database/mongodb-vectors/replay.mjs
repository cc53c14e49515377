#!/usr/bin/env node
/**
 * Replays recorded conformance vectors against a MongoDB-compatible server.
 *
 *   node replay.mjs <mongodb-uri> [file-or-folder …] [--messages] [--only=<text>] [--skip=<list>]
 *
 * Without files it takes every *.ejson next to this script. The format is in README.md.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mongoose from 'mongoose';

const here = dirname(fileURLToPath(import.meta.url));
const driver = mongoose.mongo;
const { MongoClient } = driver;
const { EJSON } = driver.BSON;

const DB = 'vectors';
const BSON_OPTIONS = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };

const say = (line) => process.stdout.write(`${line}\n`);

const isPlain = (v) =>
  v !== null && typeof v === 'object' && !Array.isArray(v) && !v._bsontype && !(v instanceof Date);
const has = (o, k) => Object.hasOwn(o, k);

// ---- reading a file: "$$esc$regex" -> "$regex", and the generators of large values ------------

/** Turns what a file holds into what is sent: unescapes keys, fills in cursors, builds large values. */
function expand(value, cursors = []) {
  if (Array.isArray(value)) return value.map((v) => expand(v, cursors));
  if (!isPlain(value)) return value;
  if (has(value, '$$cursor')) return cursors[Number(value.$$cursor) - 1] ?? driver.Long.fromNumber(1);
  if (has(value, '$$repeat')) return String(value.$$repeat[0]).repeat(Number(value.$$repeat[1]));
  if (has(value, '$$nest')) {
    let out = { a: 1 };
    for (let i = 1; i < Number(value.$$nest); i++) out = { a: out };
    return out;
  }
  if (has(value, '$$range')) {
    const [from, to] = value.$$range.map(Number);
    return Array.from({ length: to - from }, (_, i) => ({ _id: from + i, n: (from + i) % 7 }));
  }
  const out = {};
  for (const [k, v] of Object.entries(value))
    out[k.startsWith('$$esc') ? k.slice(5) : k] = expand(v, cursors);
  return out;
}

// ---- bringing a reply into the recorded form ----------------------------------------------------

const DROPPED = new Set(['$clusterTime', 'operationTime', 'electionId', 'opTime', 'lsid', 'commitQuorum']);

/** A reply as plain canonical EJSON, cursor ids numbered in the order they first appear. */
function plainReply(reply, cursors) {
  const number = (id) => {
    const text = id.toString();
    let at = cursors.findIndex((c) => c.toString() === text);
    if (at < 0) at = cursors.push(id) - 1;
    return { $$cursor: at + 1 };
  };
  const out = {};
  for (const [k, v] of Object.entries(reply)) {
    if (DROPPED.has(k)) continue;
    if (k === 'cursor' && isPlain(v)) {
      const cursor = { ...v };
      if (cursor.id !== undefined) cursor.id = cursor.id.toString() === '0' ? 0 : number(cursor.id);
      for (const batch of ['firstBatch', 'nextBatch']) {
        if (Array.isArray(cursor[batch])) {
          cursor[batch] = cursor[batch].map((d) => {
            // Some versions print the default collation of an index, others leave it out.
            if (!isPlain(d) || !has(d, 'key') || d.collation?.locale !== 'simple') return d;
            const { collation, ...rest } = d;
            return rest;
          });
        }
      }
      out[k] = cursor;
    } else if (/^cursors/.test(k) && Array.isArray(v)) {
      out[k] = v.map(number);
    } else out[k] = v;
  }
  return EJSON.serialize(out, { relaxed: false });
}

/** The index a plan uses: its name, `_id_` for a lookup by _id, or null for a collection scan. */
function winningIndex(explained) {
  const walk = (v) => {
    if (v === null || typeof v !== 'object') return undefined;
    if (typeof v.indexName === 'string') return v.indexName;
    if (/IDHACK|CLUSTERED/.test(v.stage ?? '')) return '_id_';
    for (const x of Object.values(v)) {
      const found = walk(x);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const plans = [];
  const collect = (v) => {
    if (v === null || typeof v !== 'object') return;
    for (const [k, x] of Object.entries(v)) k === 'winningPlan' ? plans.push(x) : collect(x);
  };
  collect(explained);
  return plans.length ? (walk(plans[0]) ?? null) : undefined;
}

// ---- comparing ----------------------------------------------------------------------------------

const NUMERIC = ['$numberInt', '$numberDouble', '$numberLong', '$numberDecimal'];
const numeric = (v) => {
  if (typeof v === 'number') return v;
  if (!isPlain(v)) return undefined;
  const keys = Object.keys(v);
  return keys.length === 1 && NUMERIC.includes(keys[0]) ? Number(v[keys[0]]) : undefined;
};
const TYPES = {
  objectId: (v) => isPlain(v) && has(v, '$oid'),
  date: (v) => isPlain(v) && has(v, '$date'),
  timestamp: (v) => isPlain(v) && has(v, '$timestamp'),
  uuid: (v) => isPlain(v) && (v.$binary?.subType === '04' || v.$binary?.subType === '4' || has(v, '$uuid')),
  string: (v) => typeof v === 'string',
  number: (v) => numeric(v) !== undefined,
  any: () => true,
};
const show = (v) => {
  const text = JSON.stringify(v) ?? 'nothing';
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
};

/** Document against document: types and values count, and so does the order of fields unless `loose`. */
function diff(expected, actual, path, loose = false) {
  if (isPlain(expected) && has(expected, '$$type')) {
    return TYPES[expected.$$type]?.(actual)
      ? null
      : `${path}: expected a ${expected.$$type}, got ${show(actual)}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${path}: expected ${show(expected)}, got ${show(actual)}`;
    for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
      if (i >= expected.length) return `${path}[${i}]: not expected: ${show(actual[i])}`;
      if (i >= actual.length) return `${path}[${i}]: missing: ${show(expected[i])}`;
      const d = diff(expected[i], actual[i], `${path}[${i}]`, loose);
      if (d) return d;
    }
    return null;
  }
  if (isPlain(expected)) {
    if (!isPlain(actual)) return `${path}: expected ${show(expected)}, got ${show(actual)}`;
    const e = Object.keys(expected);
    const a = Object.keys(actual);
    if (loose) for (const keys of [e, a]) keys.sort();
    if (e.join('\0') !== a.join('\0')) return `${path}: expected ${show(expected)}, got ${show(actual)}`;
    for (const k of e) {
      const d = diff(expected[k], actual[k], `${path}.${k}`, loose);
      if (d) return d;
    }
    return null;
  }
  return Object.is(expected, actual) ? null : `${path}: expected ${show(expected)}, got ${show(actual)}`;
}

function diffAnyOrder(expected, actual, path, loose) {
  if (!Array.isArray(actual) || expected.length !== actual.length) return diff(expected, actual, path, loose);
  const left = [...actual];
  for (const e of expected) {
    const at = left.findIndex((a) => diff(e, a, '', loose) === null);
    if (at < 0) return `${path}: no ${show(e)} among ${show(left)}`;
    left.splice(at, 1);
  }
  return null;
}

const STRICT = new Set(['firstBatch', 'nextBatch', 'value', 'values', '_id', 'keyPattern', 'keyValue']);

/** The envelope of a reply: the width of a number does not count, nor the order of fields, nor extra ones. */
function diffEnvelope(expected, actual, path, step, messages) {
  const n = numeric(expected);
  if (n !== undefined) {
    return numeric(actual) === n ? null : `${path}: expected ${n}, got ${show(actual)}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return `${path}: expected ${show(expected)}, got ${show(actual)}`;
    }
    for (let i = 0; i < expected.length; i++) {
      const d = diffEnvelope(expected[i], actual[i], `${path}[${i}]`, step, messages);
      if (d) return d;
    }
    return null;
  }
  if (!isPlain(expected) || has(expected, '$$type') || has(expected, '$$cursor') || has(expected, '$oid'))
    return diff(expected, actual, path);
  if (!isPlain(actual)) return `${path}: expected ${show(expected)}, got ${show(actual)}`;
  for (const k of Object.keys(expected)) {
    const at = `${path}.${k}`;
    if (k === 'message') {
      if (!messages && numeric(expected.code) !== 11000) continue;
      if (!new RegExp(expected.message, 's').test(actual.errmsg ?? '')) {
        return `${at}: expected /${expected.message}/, got ${show(actual.errmsg)}`;
      }
      continue;
    }
    if (!has(actual, k)) return `${at}: missing, expected ${show(expected[k])}`;
    const list =
      Array.isArray(expected[k]) && step.anyOrder && ['firstBatch', 'nextBatch', 'values'].includes(k);
    const compare = list ? diffAnyOrder : STRICT.has(k) ? diff : null;
    const d = compare
      ? compare(expected[k], actual[k], at, step.anyFieldOrder === true)
      : diffEnvelope(expected[k], actual[k], at, step, messages);
    if (d) return d;
  }
  for (const k of ['writeErrors', 'upserted']) {
    if (has(actual, k) && !has(expected, k)) return `${path}.${k}: not expected: ${show(actual[k])}`;
  }
  return null;
}

/** What a server answered, or the error it answered with; nothing else escapes as an exception. */
async function send(client, command, options, dbName) {
  try {
    return { reply: await client.db(dbName).command(command, { ...BSON_OPTIONS, ...options }) };
  } catch (error) {
    if (error?.name !== 'MongoServerError') throw error;
    const r = error.errorResponse ?? error;
    const keys = r.keyPattern
      ? EJSON.serialize({ keyPattern: r.keyPattern, keyValue: r.keyValue }, { relaxed: false })
      : {};
    return {
      error: {
        code: Number(r.code ?? error.code),
        codeName: r.codeName ?? error.codeName,
        message: r.errmsg ?? error.message,
        ...keys,
      },
    };
  }
}

async function prepare(client, test, db, options) {
  for (const name of test.collections ?? ['c'])
    await send(client, { drop: name }, options, db).catch(() => {});
}

function check(step, got, cursors, messages) {
  const want = EJSON.serialize(step.expect, { relaxed: false });
  if (want.error) {
    if (!got.error)
      return `expected error ${show(want.error)}, got a reply ${show(plainReply(got.reply, cursors))}`;
    const code = numeric(want.error.code);
    if (got.error.code !== code || got.error.codeName !== want.error.codeName) {
      return `expected error ${code} ${want.error.codeName}, got ${got.error.code} ${got.error.codeName}: ${got.error.message}`;
    }
    if ((messages || code === 11000) && !new RegExp(want.error.message, 's').test(got.error.message)) {
      return `expected message /${want.error.message}/, got ${show(got.error.message)}`;
    }
    for (const k of ['keyPattern', 'keyValue']) {
      const wrong = want.error[k] ? diff(want.error[k], got.error[k], k) : null;
      if (wrong) return wrong;
    }
    return null;
  }
  if (got.error)
    return `expected a reply, got error ${got.error.code} ${got.error.codeName}: ${got.error.message}`;
  if (step.check === 'keys') {
    const missing = want.keys.filter((k) => !has(got.reply, k));
    return missing.length ? `reply lacks ${missing.join(', ')}` : null;
  }
  if (step.check === 'winningIndex') {
    const name = winningIndex(plainReply(got.reply, []));
    return name === want.winningIndex ? null : `expected the plan to use ${want.winningIndex}, got ${name}`;
  }
  return diffEnvelope(want.reply, plainReply(got.reply, cursors), 'reply', step, messages);
}

const readVectors = (file) => EJSON.parse(readFileSync(file, 'utf8'), { relaxed: false });

async function main() {
  const args = process.argv.slice(2);
  const flag = (name) => args.find((a) => a === `--${name}` || a.startsWith(`--${name}=`));
  const [uri, ...paths] = args.filter((a) => !a.startsWith('--'));
  if (!uri) {
    say(
      'usage: node replay.mjs <mongodb-uri> [file-or-folder ...] [--messages] [--only=<text>] [--skip=<list>]',
    );
    process.exit(2);
  }
  const messages = flag('messages') !== undefined;
  const only = flag('only')?.slice('--only='.length);
  const skipList = flag('skip')?.slice('--skip='.length);
  const skip = new Set(
    skipList
      ? readFileSync(skipList, 'utf8')
          .split('\n')
          .map((l) => l.trim())
      : [],
  );
  let skipped = 0;
  const files = (paths.length ? paths : [here]).flatMap((p) =>
    statSync(p).isDirectory()
      ? readdirSync(p)
          .filter((f) => f.endsWith('.ejson'))
          .sort()
          .map((f) => join(p, f))
      : [p],
  );
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10000, socketTimeoutMS: 60000 });
  let passed = 0;
  let failed = 0;
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    const sessions = hello.logicalSessionTimeoutMinutes != null;
    for (const file of files) {
      const vectors = readVectors(file);
      const perStep = vectors.count === 'steps';
      for (const test of vectors.cases) {
        if (only && !`${basename(file)} ${test.name}`.includes(only)) continue;
        if (skip.has(`${basename(file)} › ${test.name}`)) {
          skipped++;
          continue;
        }
        const session = sessions ? client.startSession() : undefined;
        const options = session ? { session } : {};
        const cursors = [];
        let bad = 0;
        try {
          await prepare(client, test, DB, options);
          for (const [i, step] of test.steps.entries()) {
            const got = await send(client, expand(step.command, cursors), options, step.db ?? DB);
            const wrong = check(step, got, cursors, messages);
            if (wrong) {
              bad++;
              say(
                `${basename(file)} › ${test.name} › step ${i + 1} ${Object.keys(step.command)[0]}: ${wrong}`,
              );
            } else if (perStep) passed++;
            if (wrong && perStep) failed++;
          }
        } catch (error) {
          bad++;
          if (perStep) failed++;
          say(`${basename(file)} › ${test.name}: ${error?.name}: ${error?.message}`);
          await client.db('admin').command({ ping: 1 }); // a server that is gone ends the run here
        } finally {
          await session?.endSession().catch(() => {});
        }
        if (!perStep) bad ? failed++ : passed++;
      }
    }
  } catch (error) {
    failed++;
    say(`stopped: ${error?.name}: ${error?.message}`);
  } finally {
    await client.close();
  }
  if (skipped) say(`${skipped} cases skipped`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed || !passed ? 1 : 0;
}

await main();
