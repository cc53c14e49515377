import { Breaker, LeftAlone, type Sign } from '../../src/video/breaker';

function startBreaker() {
  let time = 0;
  const breaker = new Breaker({
    after: 2,
    coolFor: 1_000,
    signOf: (error) => (error as { sign: Sign }).sign,
    clock: () => time,
  });
  const fail = (sign: Sign) => breaker.run(() => Promise.reject({ sign })).catch((error: unknown) => error);
  return {
    fail,
    succeed: () => breaker.run(async () => 'answer'),
    run: breaker.run.bind(breaker),
    moveOn: (ms: number) => {
      time += ms;
    },
  };
}

it('opens after failures in a row, lets one call find out later, and closes when that one succeeds', async () => {
  const { fail, succeed, run, moveOn } = startBreaker();
  await fail('away');
  await fail('away');
  await expect(succeed()).rejects.toThrow(LeftAlone);
  moveOn(999);
  await expect(succeed()).rejects.toThrow(LeftAlone);
  moveOn(1);
  let finish: (value: string) => void = () => {};
  const probe = run(
    () =>
      new Promise<string>((resolve) => {
        finish = resolve;
      }),
  );
  await expect(succeed()).rejects.toThrow(LeftAlone);
  finish('back');
  expect(await probe).toBe('back');
  expect(await succeed()).toBe('answer');
});

it('opens again at once when the one that finds out fails', async () => {
  const { fail, succeed, moveOn } = startBreaker();
  await fail('away');
  await fail('away');
  moveOn(1_000);
  await fail('away');
  await expect(succeed()).rejects.toThrow(LeftAlone);
});

it('stays open when the one that finds out is called off', async () => {
  const { fail, moveOn, succeed } = startBreaker();
  await fail('away');
  await fail('away');
  moveOn(1_000);
  expect(await fail('nothing')).toEqual({ sign: 'nothing' });
  await fail('away');
  await expect(succeed()).rejects.toThrow(LeftAlone);
});

it('counts failures only in a row, and a refusal is no failure', async () => {
  const { fail, succeed } = startBreaker();
  for (const sign of ['away', 'alive', 'away', 'nothing'] as const) await fail(sign);
  expect(await succeed()).toBe('answer');
  await fail('away');
  expect(await succeed()).toBe('answer');
});
