import mongoose from 'mongoose';
import { idsOf, type Part } from './suite';

const { Binary, BSONRegExp, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } = mongoose.mongo;

/** The order of BSON values, and what a sort makes of it. */
export const ordering: Part = (it, { collection }) => {
  it('sorts values of all types in the order of the manual', async () => {
    const inOrder = [
      new MinKey(),
      null,
      -1,
      'a',
      { a: 1 },
      new Binary(Buffer.from([1])),
      new ObjectId('650000000000000000000000'),
      false,
      true,
      new Date(0),
      new Timestamp({ t: 1, i: 1 }),
      new BSONRegExp('a'),
      new MaxKey(),
    ];
    const documents = inOrder.map((a, _id) => ({ _id, a }));
    const c = await collection(...[...documents].reverse());
    const sorted = await c.find().sort({ a: 1 }).toArray();
    expect(sorted.map(({ _id }) => _id)).toEqual(documents.map(({ _id }) => _id));
  });

  it('compares numbers by value, whatever their types', async () => {
    const c = await collection(
      { _id: 1, a: 3 },
      { _id: 2, a: new Double(2.5) },
      { _id: 3, a: Long.fromString('9007199254740993') },
      { _id: 4, a: new Double(9007199254740992) },
      { _id: 5, a: new Double(Number.NaN) },
    );
    const sorted = await c.find().sort({ a: 1 }).toArray();
    expect(sorted.map(({ _id }) => _id)).toEqual([5, 2, 1, 4, 3]);
    expect(await idsOf(c, { a: Long.fromNumber(3) })).toEqual([1]);
  });

  it('compares decimals with the other numbers by their exact value', async () => {
    const c = await collection(
      { _id: 1, a: Decimal128.fromString('0.1') },
      { _id: 2, a: new Double(0.1) },
      { _id: 3, a: Decimal128.fromString('3.0') },
    );
    expect(await idsOf(c, { a: 3 })).toEqual([3]);
    // The double nearest to 0.1 is a little more than 0.1.
    expect(await idsOf(c, { a: { $lt: new Double(0.1) } })).toEqual([1]);
  });

  it('compares only values of one type by $gt and $lt', async () => {
    const c = await collection(
      { _id: 1, a: 5 },
      { _id: 2, a: 'x' },
      { _id: 3, a: null },
      { _id: 4, a: new Date(9) },
    );
    expect(await idsOf(c, { a: { $gt: 1 } })).toEqual([1]);
    expect(await idsOf(c, { a: { $lt: 'z' } })).toEqual([2]);
    expect(await idsOf(c, { a: { $gte: null } })).toEqual([3]);
    expect(await idsOf(c, { a: { $gt: new Date(1) } })).toEqual([4]);
  });

  it('sorts an array by its least element upwards and by its greatest downwards', async () => {
    const c = await collection({ _id: 1, a: [2, 8] }, { _id: 2, a: [3, 5] }, { _id: 3, a: 4 });
    const up = await c.find().sort({ a: 1 }).toArray();
    const down = await c.find().sort({ a: -1 }).toArray();
    expect(up.map(({ _id }) => _id)).toEqual([1, 2, 3]);
    expect(down.map(({ _id }) => _id)).toEqual([1, 2, 3]);
  });

  it('sorts object ids by their time', async () => {
    const ids = [3, 1, 2].map((seconds) => ObjectId.createFromTime(seconds));
    const c = await collection(...ids.map((_id) => ({ _id })));
    const sorted = await c.find().sort({ _id: 1 }).toArray();
    expect(sorted.map(({ _id }) => _id.getTimestamp().getTime())).toEqual([1_000, 2_000, 3_000]);
  });

  it('keeps equal documents in one order over pages', async () => {
    const c = await collection(...Array.from({ length: 40 }, (_, _id) => ({ _id, a: _id % 2 })));
    const whole = await c.find().sort({ a: 1, _id: 1 }).toArray();
    const pages = await Promise.all(
      [0, 10, 20, 30].map((n) => c.find().sort({ a: 1, _id: 1 }).skip(n).limit(10).toArray()),
    );
    expect(pages.flat()).toEqual(whole);
  });
};
