import { failure, idsOf, type Part } from './suite';

/** `null` and missing, arrays, and paths through them. */
export const matching: Part = (it, { collection, target }) => {
  it('finds null and missing fields by null, and tells them apart by $exists and $type', async () => {
    const c = await collection({ _id: 1, a: null }, { _id: 2 }, { _id: 3, a: 0 }, { _id: 4, a: [null] });
    expect(await idsOf(c, { a: null })).toEqual([1, 2, 4]);
    expect(await idsOf(c, { a: { $ne: null } })).toEqual([3]);
    expect(await idsOf(c, { a: { $exists: false } })).toEqual([2]);
    expect(await idsOf(c, { a: { $type: 'null' } })).toEqual([1, 4]);
    expect(await idsOf(c, { a: { $in: [null, 0] } })).toEqual([1, 2, 3, 4]);
  });

  it('takes a missing field inside a document for null, and one inside a scalar too', async () => {
    const c = await collection({ _id: 1, a: { b: 1 } }, { _id: 2, a: {} }, { _id: 3, a: 5 }, { _id: 4 });
    expect(await idsOf(c, { 'a.b': null })).toEqual([2, 3, 4]);
  });

  it('matches an array by any element, and by the whole', async () => {
    const c = await collection(
      { _id: 1, a: [1, 5] },
      { _id: 2, a: 5 },
      { _id: 3, a: [[1, 5]] },
      { _id: 4, a: [] },
    );
    expect(await idsOf(c, { a: 5 })).toEqual([1, 2]);
    expect(await idsOf(c, { a: [1, 5] })).toEqual([1, 3]);
    expect(await idsOf(c, { a: [] })).toEqual([4]);
    expect(await idsOf(c, { a: { $ne: 5 } })).toEqual([3, 4]);
  });

  it('lets different elements satisfy two conditions, and one element with $elemMatch', async () => {
    const c = await collection({ _id: 1, a: [1, 9] }, { _id: 2, a: [4] });
    expect(await idsOf(c, { a: { $gt: 3, $lt: 5 } })).toEqual([1, 2]);
    expect(await idsOf(c, { a: { $elemMatch: { $gt: 3, $lt: 5 } } })).toEqual([2]);
  });

  it('asks the conditions of $elemMatch of one document in the array', async () => {
    const c = await collection(
      {
        _id: 1,
        a: [
          { x: 1, y: 2 },
          { x: 2, y: 1 },
        ],
      },
      { _id: 2, a: [{ x: 1, y: 1 }] },
      { _id: 3, a: { x: 1, y: 1 } },
    );
    expect(await idsOf(c, { 'a.x': 1, 'a.y': 1 })).toEqual([1, 2, 3]);
    expect(await idsOf(c, { a: { $elemMatch: { x: 1, y: 1 } } })).toEqual([2]);
  });

  it('follows dotted paths through arrays of documents, and by place', async () => {
    const c = await collection(
      { _id: 1, a: [{ b: 1 }, { b: 2 }] },
      { _id: 2, a: [{ b: [3, 4] }] },
      { _id: 3, a: { b: 2 } },
    );
    expect(await idsOf(c, { 'a.b': 2 })).toEqual([1, 3]);
    expect(await idsOf(c, { 'a.b': 4 })).toEqual([2]);
    expect(await idsOf(c, { 'a.1.b': 2 })).toEqual([1]);
    expect(await idsOf(c, { 'a.0.b.1': 4 })).toEqual([2]);
  });

  it('wants every value of $all, and exactly so many elements as $size says', async () => {
    const c = await collection({ _id: 1, a: [1, 2, 3] }, { _id: 2, a: [1] }, { _id: 3, a: 1 }, { _id: 4 });
    expect(await idsOf(c, { a: { $all: [1, 2] } })).toEqual([1]);
    expect(await idsOf(c, { a: { $all: [1] } })).toEqual([1, 2, 3]);
    expect(await idsOf(c, { a: { $all: [] } })).toEqual([]);
    expect(await idsOf(c, { a: { $size: 1 } })).toEqual([2]);
  });

  it('finds with $not what lacks the field as well', async () => {
    const c = await collection({ _id: 1, a: 5 }, { _id: 2, a: 1 }, { _id: 3 });
    expect(await idsOf(c, { a: { $not: { $gt: 3 } } })).toEqual([2, 3]);
    expect(await idsOf(c, { a: { $nin: [5] } })).toEqual([2, 3]);
    expect(await idsOf(c, { $nor: [{ a: 5 }, { a: 1 }] })).toEqual([3]);
  });

  it('takes a document for equal only with the same fields in the same order', async () => {
    const c = await collection(
      { _id: 1, a: { x: 1, y: 2 } },
      { _id: 2, a: { y: 2, x: 1 } },
      { _id: 3, a: { x: 1 } },
    );
    expect(await idsOf(c, { a: { x: 1, y: 2 } })).toEqual([1]);
    expect(await idsOf(c, { a: { $in: [{ x: 1 }] } })).toEqual([3]);
  });

  it('refuses what is no size, no limit and no cursor with the codes of MongoDB', async () => {
    const c = await collection({ _id: 1, a: [1] });
    const codeOf = async (operation: Promise<unknown>) => (await failure(operation)).code;
    const command = (body: Record<string, unknown>) => codeOf(target().db.command(body));
    for (const $size of [-1, 1.5, 'x']) expect(await codeOf(c.findOne({ a: { $size } }))).toBe(2);
    expect(await command({ count: c.collectionName, limit: 'x' })).toBe(2);
    expect(await command({ count: c.collectionName, limit: 1.5 })).toBe(9);
    expect(await command({ getMore: 1, collection: c.collectionName })).toBe(14);
    expect(await command({ killCursors: c.collectionName, cursors: ['x'] })).toBe(14);
    const lookup = { $lookup: { from: 'x', localField: 'a', foreignField: 'b' } };
    expect(await codeOf(c.aggregate([lookup]).toArray())).toBe(40414);
    expect(await codeOf(c.aggregate([{ $count: '' }]).toArray())).toBe(40157);
  });
};
