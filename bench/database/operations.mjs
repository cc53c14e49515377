/**
 * What is measured. Each target has the same few methods; `count` is how often, `weight` how many documents each time
 * stands for.
 */

/** Runs `count` operations with so many on the way at any time. */
async function inFlight(most, count, operation) {
  let next = 0;
  const worker = async () => {
    while (next < count) await operation(next++);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

const document = (i) => ({
  _id: `participant-${i}`,
  roomId: `room-${i % 100}`,
  name: 'Ada Lovelace',
  status: 'ACTIVE',
  seq: i,
  joinedAt: new Date(1_700_000_000_000 + i),
});

const filled = (target, size) => fill(target, Math.max(size, 10_000));

async function fill(target, size) {
  for (let i = 0; i < size; i += 1_000) {
    await target.insertMany(Array.from({ length: Math.min(1_000, size - i) }, (_, j) => document(i + j)));
  }
}

export const operations = [
  {
    name: 'insert, one at a time',
    count: 2_000,
    run: (target, size) => inFlight(1, size, (i) => target.insert(document(i))),
  },
  {
    name: 'insert, 32 at once',
    count: 10_000,
    run: (target, size) => inFlight(32, size, (i) => target.insert(document(i))),
  },
  {
    name: 'insertMany, 1000 each',
    count: 40,
    weight: 1_000,
    run: (target, size) =>
      inFlight(1, size, (i) =>
        target.insertMany(Array.from({ length: 1_000 }, (_, j) => document(i * 1_000 + j))),
      ),
  },
  {
    name: 'read by id, one at a time',
    count: 5_000,
    prepare: filled,
    run: (target, size) => inFlight(1, size, (i) => target.read(`participant-${(i * 7919) % 10_000}`)),
  },
  {
    name: 'read by id, 32 at once',
    count: 10_000,
    prepare: filled,
    run: (target, size) => inFlight(32, size, (i) => target.read(`participant-${(i * 7919) % 10_000}`)),
  },
  {
    name: 'range of 100 by index',
    count: 500,
    prepare: filled,
    run: (target, size) => inFlight(4, size, (i) => target.range(`room-${i % 100}`)),
  },
  {
    name: 'update by id, 32 at once',
    count: 5_000,
    prepare: filled,
    run: (target, size) => inFlight(32, size, (i) => target.update(`participant-${(i * 7919) % 10_000}`)),
  },
];
