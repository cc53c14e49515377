import mongoose from 'mongoose';
import { failure, type Part } from './suite';

const { Binary, BSONRegExp, Decimal128, Double, Long, MinKey, ObjectId, Timestamp } = mongoose.mongo;

/** Expressions and stages that no recorded answer covers. */
export const aggregating: Part = (it, { collection, target }) => {
  /** What an expression makes of one document. */
  const computed = async (expression: mongoose.mongo.Document, doc: mongoose.mongo.Document = {}) => {
    const c = await collection({ _id: 1, ...doc });
    const [found] = await c.aggregate([{ $project: { result: expression } }]).toArray();
    return found?.['result'];
  };
  const text = (value: unknown) => computed({ $toString: [{ $literal: value }] });

  it('writes documents and arrays as JSON with $toString', async () => {
    expect(await text({})).toBe('{}');
    expect(await text([[{}], { a: { b: [] } }])).toBe('[[{}],{"a":{"b":[]}}]');
    expect(await text({ 'a"': 'x"y\né\u0001/', b: null, c: true })).toBe(
      '{"a"":"x\\"y\\né\\u0001/","b":null,"c":true}',
    );
    const doubles = [1, 1.5, 1e21, 1e-7, -0, Number.NaN, Number.POSITIVE_INFINITY];
    expect(await text(doubles.map((value) => new Double(value)))).toBe(
      '[1,1.5,1e+21,1e-07,-0,"NaN","Infinity"]',
    );
    expect(await text([Long.fromString('9007199254740993'), Decimal128.fromString('1.50')])).toBe(
      '[9007199254740993,1.50]',
    );
    expect(await computed({ $toString: '$m.k' }, { m: [{ k: 1 }, { k: 'a' }] })).toBe('[1,"a"]');
  });

  it('writes every other type as a text in the JSON of $toString', async () => {
    const uuid = Binary.createFromHexString('000102030405060708090a0b0c0d0e0f', 4);
    expect(await text([new Date(-1), new ObjectId('650000000000000000000001'), new MinKey()])).toBe(
      '["1969-12-31T23:59:59.999Z","650000000000000000000001","MinKey"]',
    );
    expect(await text([new Timestamp({ t: 1, i: 2 }), new BSONRegExp('a/b"', 'i')])).toBe(
      '["Timestamp(1, 2)","/a/b\\"/i"]',
    );
    expect(await text([new Binary(Buffer.from('hi')), uuid])).toBe(
      '["aGk=","00010203-0405-0607-0809-0a0b0c0d0e0f"]',
    );
    expect(await text(new BSONRegExp('a', 'i'))).toBe('/a/i');
    expect(await text(new Timestamp({ t: 1, i: 2 }))).toBe('Timestamp(1, 2)');
    expect(await text(new MinKey())).toBe('MinKey');
  });

  it('evaluates the operands of $indexOfArray in order, and no other after null', async () => {
    const fails = { $map: { input: '$k', in: 1 } };
    const code = async (...operands: unknown[]) =>
      (await failure(computed({ $indexOfArray: operands }, { k: 7 }))).code;
    expect(await computed({ $indexOfArray: [null, fails] }, { k: 7 })).toBeNull();
    expect(await computed({ $indexOfArray: ['$missing', fails, 'x'] }, { k: 7 })).toBeNull();
    expect(await code('$k', fails)).toBe(40090);
    expect(await code({ $literal: [1] }, fails)).toBe(16883);
    expect(await code([1, '$k'], 7, '$missing', fails)).toBe(9711600);
    // A constant that is no array is refused before any document is read.
    expect(await code({ $literal: 5 }, fails)).toBe(50809);
    expect(await code({ $literal: 5 }, 1)).toBe(40090);
    const c = await collection({ _id: 1 });
    const update = [{ $set: { at: { $indexOfArray: [{ $literal: 5 }, '$k'] } } }];
    expect((await failure(c.updateOne({}, update))).code).toBe(40090);
  });

  it('merges the other documents after one that $merge refuses', async () => {
    const source = await collection({ _id: 1, k: 1 }, { _id: 2, k: 1 }, { _id: 3, k: 2 }, { _id: 4, k: 3 });
    const into = await collection({ _id: 3, old: true });
    const inOrder = [{ $sort: { _id: 1 } }];
    const merged = (options: object) =>
      failure(
        source.aggregate([...inOrder, { $merge: { into: into.collectionName, ...options } }]).toArray(),
      );
    expect((await merged({ whenMatched: 'fail' })).code).toBe(11000);
    expect(await into.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, k: 1 },
      { _id: 2, k: 1 },
      { _id: 3, old: true },
      { _id: 4, k: 3 },
    ]);
    await into.drop();
    await target().db.collection(into.collectionName).createIndex({ k: 1 }, { unique: true });
    expect((await merged({})).code).toBe(11000);
    expect(await into.distinct('_id')).toEqual([1, 3, 4]);
  });

  it('evaluates what $first computes of the first document of a group only', async () => {
    const c = await collection({ _id: 1, a: 2 }, { _id: 2, a: 'x' });
    const half = { $divide: ['$a', 2] };
    const group = (n: mongoose.mongo.Document) =>
      c.aggregate([{ $sort: { _id: 1 } }, { $group: { _id: null, n } }]).toArray();
    expect(await group({ $first: half })).toEqual([{ _id: null, n: 1 }]);
    expect((await failure(group({ $last: half }))).code).toBe(14);
  });
};
