import type mongoose from 'mongoose';
import { failure, type Part } from './suite';

/** The element of an array that the filter found. */
export const projections: Part = (it, { collection }) => {
  const found = async (doc: object, projection: object, filter: object = { c: 2 }) => {
    const c = await collection({ _id: 1, ...doc });
    return c.findOne(filter as mongoose.mongo.Filter<mongoose.mongo.Document>, { projection });
  };
  const refusal = async (doc: object, projection: object, filter: object) =>
    (await failure(found(doc, projection, filter))).code;

  it('shows the found element of the first array on the path', async () => {
    expect(await found({ c: [1, 2, 3] }, { 'c.$': 1 })).toEqual({ _id: 1, c: [2] });
    expect(await found({ c: [1, 2], a: { b: ['x', 'y'] } }, { 'a.b.$': 1 })).toEqual({
      _id: 1,
      a: { b: ['y'] },
    });
    expect(await found({ c: 2, a: 1 }, { 'a.$': 1 })).toEqual({ _id: 1, a: 1 });
  });

  it('refuses an array in which the filter found nothing', async () => {
    expect(await refusal({ c: 2, a: [1] }, { 'a.$': 1 }, { c: 2 })).toBe(51_246);
    expect(await refusal({ c: [1, 2], a: [1] }, { 'a.$': 1 }, { c: 2 })).toBe(51_247);
  });

  it('shows the array beside the path where the path ends in a scalar or in nothing', async () => {
    const beside = { c: 1, 'a.c.$': 1 };
    expect(await found({ a: 's', c: [1, 2] }, beside)).toEqual({ _id: 1, a: { c: [2] }, c: [1, 2] });
    expect(await found({ c: [1, 2] }, beside)).toEqual({ _id: 1, a: { c: [2] }, c: [1, 2] });
    expect(await found({ a: 5, c: [1, 2] }, { c: 1, 'a.b.c.$': 1 })).toEqual({
      _id: 1,
      a: { b: { c: [2] } },
      c: [1, 2],
    });
    expect(await found({ a: { x: 1 }, c: [1, 2] }, beside)).toEqual({ _id: 1, a: {}, c: [1, 2] });
    expect(await found({ a: 's', c: [1, 2] }, { 'a.c.$': 1 })).toEqual({ _id: 1 });
    expect(await refusal({ a: 's', c: [1, 2] }, beside, { _id: 1 })).toBe(51_246);
  });

  it('does not project what skip leaves out', async () => {
    const c = await collection({ _id: 1, a: [1], b: 5 }, { _id: 2, a: [1], b: [5] });
    const shown = c.find({ b: 5 }, { projection: { 'a.$': 1 }, sort: { _id: 1 }, skip: 1 });
    expect(await shown.toArray()).toEqual([{ _id: 2, a: [1] }]);
  });
};
