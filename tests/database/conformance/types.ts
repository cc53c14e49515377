import mongoose from 'mongoose';
import { failure, type Part } from './suite';

const { Decimal128, Double, Int32, Long } = mongoose.mongo;
const exact = { promoteValues: false, promoteLongs: false };

/** Values that come back as they went in. */
export const types: Part = (it, { collection }) => {
  it('keeps an int an int, a long a long and a double a double', async () => {
    const doc = { _id: 1, i: new Int32(5), l: Long.fromNumber(5), d: new Double(5) };
    const c = await collection(doc);
    expect(await c.findOne({}, exact)).toEqual({ ...doc, _id: new Int32(1) });
  });

  it('keeps every digit of a decimal', async () => {
    const d = Decimal128.fromString('1234567890.123456789012345678901234');
    const c = await collection({ _id: 1, d });
    expect(await c.findOne()).toEqual({ _id: 1, d });
  });

  it('gives the sum of $inc the wider type of the two', async () => {
    const c = await collection({ _id: 1, i: new Int32(2_147_483_647), j: new Int32(1), k: new Int32(1) });
    await c.updateOne({}, { $inc: { i: new Int32(1), j: Long.fromNumber(1), k: new Double(1) } });
    const found = await c.findOne({}, exact);
    expect(found).toMatchObject({
      i: Long.fromString('2147483648'),
      j: Long.fromNumber(2),
      k: new Double(2),
    });
  });

  it('refuses to add beyond the range of a long', async () => {
    const c = await collection({ _id: 1, a: Long.MAX_VALUE });
    expect((await failure(c.updateOne({}, { $inc: { a: 1 } }))).code).toBe(2);
  });

  it('keeps a date to the millisecond, before 1970 too', async () => {
    const dates = [new Date('2024-02-29T23:59:59.999Z'), new Date(-1), new Date('0001-01-01T00:00:00.000Z')];
    const c = await collection({ _id: 1, dates });
    expect((await c.findOne())?.['dates']).toEqual(dates);
  });

  it('keeps the order of the fields, with _id in front', async () => {
    const c = await collection();
    await c.insertOne({ b: 1, a: 2, _id: 3 as never });
    expect(Object.keys((await c.findOne()) ?? {})).toEqual(['_id', 'b', 'a']);
  });

  it('keeps text of any script, and bytes', async () => {
    const doc = {
      _id: 1,
      text: 'ẞ 漢字 🎉 \u0000 end',
      bytes: new mongoose.mongo.Binary(Buffer.from([0, 255, 128])),
    };
    const c = await collection(doc);
    expect(await c.findOne()).toEqual(doc);
  });
};
