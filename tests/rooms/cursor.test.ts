import fc from 'fast-check';
import { AppError } from '../../src/errors';
import { Cursors, entryTail, newEpoch, type Place } from '../../src/rooms/log/cursor';

const roomId = '65f000000000000000000001';
const otherRoom = '65f000000000000000000002';
const cursors = new Cursors(Buffer.alloc(32, 7));
const place: Place = { epoch: newEpoch(), seq: 41, entryTail: entryTail('65f0000000000000deadbeef') };

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('a cursor', () => {
  it('brings back the place that it was written for', () => {
    const seqs = fc.integer({ min: 0, max: 2 ** 47 });
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    fc.assert(
      fc.property(
        hex(16),
        seqs,
        hex(8),
        fc.string({ minLength: 1, maxLength: 60 }),
        (epoch, seq, tail, room) => {
          fc.pre(room.isWellFormed());
          const written = { epoch, seq, entryTail: tail };
          expect(cursors.read(room, cursors.write(room, written))).toEqual(written);
        },
      ),
    );
  });

  it('is the same text for the same place, whoever writes it with the same key', () => {
    const elsewhere = new Cursors(Buffer.alloc(32, 7));
    expect(elsewhere.write(roomId, place)).toBe(cursors.write(roomId, place));
  });

  it('exists for a room in which nothing has happened yet', () => {
    const beginning = { epoch: place.epoch, seq: 0, entryTail: entryTail(undefined) };
    expect(cursors.read(roomId, cursors.write(roomId, beginning))).toEqual(beginning);
  });

  it('of another room is refused by that name', () => {
    const cursor = cursors.write(otherRoom, place);
    expect(codeOf(() => cursors.read(roomId, cursor))).toBe('BAD_CURSOR');
    expect(() => cursors.read(roomId, cursor)).toThrow(/another room/);
  });

  it('is refused when any single character of it was changed, added or taken away', () => {
    const cursor = cursors.write(roomId, place);
    for (let at = 0; at < cursor.length; at += 1) {
      const other = cursor[at] === 'A' ? 'B' : 'A';
      expect(codeOf(() => cursors.read(roomId, cursor.slice(0, at) + other + cursor.slice(at + 1)))).toBe(
        'BAD_CURSOR',
      );
      expect(codeOf(() => cursors.read(roomId, cursor.slice(0, at) + cursor.slice(at + 1)))).toBe(
        'BAD_CURSOR',
      );
    }
    for (const odd of [`${cursor}A`, ` ${cursor}`, `${cursor}=`, '', 'x', '*'.repeat(80)]) {
      expect(codeOf(() => cursors.read(roomId, odd))).toBe('BAD_CURSOR');
    }
  });

  it('written with another key is refused', () => {
    const foreign = new Cursors(Buffer.alloc(32, 8)).write(roomId, place);
    expect(codeOf(() => cursors.read(roomId, foreign))).toBe('BAD_CURSOR');
  });
});
