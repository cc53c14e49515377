import { Crowded, Gate } from '../src/gate';

const LONG = 60_000;

/** A guest who stays until told to leave. */
function guest() {
  let leave: () => void = () => {};
  const stay = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { stay: () => stay, leave: () => leave() };
}

it('lets in so many, and the next one when one leaves, in the order of coming', async () => {
  const gate = new Gate(2, 10);
  const guests = [guest(), guest(), guest(), guest()];
  const entered: number[] = [];
  const passes = guests.map(({ stay }, n) =>
    gate.pass(
      () => {
        entered.push(n);
        return stay();
      },
      { within: LONG },
    ),
  );
  await Promise.resolve();
  expect(entered).toEqual([0, 1]);
  guests[1]?.leave();
  await passes[1];
  await Promise.resolve();
  expect(entered).toEqual([0, 1, 2]);
  for (const { leave } of guests) leave();
  await Promise.all(passes);
  expect(entered).toEqual([0, 1, 2, 3]);
});

it('sends away who waited too long, who is called off, and who finds too many waiting, and nobody else', async () => {
  const gate = new Gate(1, 2);
  const first = guest();
  const inside = gate.pass(first.stay, { within: LONG });
  await expect(gate.pass(async () => 'late', { within: 1 })).rejects.toThrow(Crowded);
  const stop = new AbortController();
  const calledOff = gate.pass(async () => 'off', { within: LONG, signal: stop.signal });
  const patient = gate.pass(async () => 'in', { within: LONG });
  await expect(gate.pass(async () => 'third', { within: LONG })).rejects.toThrow(Crowded);
  stop.abort(new Error('changed my mind'));
  await expect(calledOff).rejects.toThrow('changed my mind');
  first.leave();
  await inside;
  expect(await patient).toBe('in');
});

it('has a place again after one who threw', async () => {
  const gate = new Gate(1, 0);
  await expect(gate.pass(() => Promise.reject(new Error('no')), { within: LONG })).rejects.toThrow('no');
  expect(await gate.pass(async () => 'in', { within: LONG })).toBe('in');
});
