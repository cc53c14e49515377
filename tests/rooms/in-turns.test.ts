import { inTurns } from '../../src/rooms/asking/in-turns';

/** A question that is answered when the test says so. */
function heldQuestions() {
  const asked: { keys: readonly string[]; answer: () => void; fail: () => void }[] = [];
  let heard = (): void => undefined;
  const ask = inTurns<string, string>(
    (keys) =>
      new Promise((resolve, reject) => {
        asked.push({
          keys,
          answer: () => resolve((key) => `of ${key}`),
          fail: () => reject(new Error('away')),
        });
        heard();
      }),
  );
  const untilAsked = async (times: number) => {
    while (asked.length < times) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { ask, asked, untilAsked };
}

it('asks once for all that is wanted at the same time', async () => {
  const { ask, asked, untilAsked } = heldQuestions();
  const answers = Promise.all([ask('a'), ask('b'), ask('a')]);
  await untilAsked(1);
  asked[0]?.answer();
  expect(await answers).toEqual(['of a', 'of b', 'of a']);
  expect(asked.map(({ keys }) => keys)).toEqual([['a', 'b', 'a']]);
});

it('asks anew for what is wanted while a question is out, and not before that one is answered', async () => {
  const { ask, asked, untilAsked } = heldQuestions();
  const first = ask('a');
  await untilAsked(1);
  const later = Promise.all([ask('a'), ask('b')]);
  for (let ticks = 0; ticks < 5; ticks += 1) await new Promise(setImmediate);
  expect(asked).toHaveLength(1);
  asked[0]?.answer();
  await untilAsked(2);
  asked[1]?.answer();
  expect([await first, await later]).toEqual(['of a', ['of a', 'of b']]);
  expect(asked[1]?.keys).toEqual(['a', 'b']);
});

it('fails for those it was asked for, and goes on', async () => {
  const { ask, asked, untilAsked } = heldQuestions();
  const first = ask('a');
  await untilAsked(1);
  const later = ask('b');
  asked[0]?.fail();
  await expect(first).rejects.toThrow('away');
  await untilAsked(2);
  asked[1]?.answer();
  expect(await later).toBe('of b');
});
