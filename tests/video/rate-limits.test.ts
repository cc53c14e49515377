import { StoppedClock } from '../helpers/clock';
import { startSandbox } from './started';

const refusal = (seconds: number) => {
  const message = `rate limit exceeded, retry after ${seconds} seconds`;
  return { status: 429, body: { code: 429, message, details: [message] } };
};

it('refuses what comes too often, in the documented words, until its time is over', async () => {
  const clock = new StoppedClock();
  await using own = await startSandbox({ now: clock.now });
  own.sandbox.control.setRateLimits([{ on: '/rooms', calls: 2, seconds: 60 }]);
  const ask = (path = '/rooms') => own.call('GET', path);
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
  expect(await ask()).toEqual(refusal(60));
  clock.moveOn(15);
  expect(await ask('/rooms/0123')).toEqual(refusal(45));
  expect(await ask('/templates')).toMatchObject({ status: 200 });
  clock.moveOn(45);
  expect(await ask()).toMatchObject({ status: 200 });
});

it('limits the lists of webhooks as 100ms does, and is set over HTTP, for the next start too', async () => {
  const first = await startSandbox();
  const ask = async () => (await first.call('GET', '/analytics/webhooks')).status;
  for (let call = 1; call <= 60; call += 1) expect(await ask()).toBe(200);
  expect(await ask()).toBe(429);
  const put = (body: object) =>
    fetch(`${first.sandbox.controlUrl}/rate-limits`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await put({ limits: [{ calls: 0, seconds: 1 }] })).status).toBe(400);
  expect((await put({ limits: [{ calls: 1, seconds: 60 }] })).status).toBe(200);
  expect(await ask()).toBe(200);
  expect(await ask()).toBe(429);
  await first.sandbox.close();
  await using second = await startSandbox({ directory: first.directory });
  expect(await second.call('GET', '/rooms')).toMatchObject({ status: 200 });
  expect(await second.call('GET', '/rooms')).toMatchObject({ status: 429 });
});

it('is waited for by the service class, for as long as it asks to', async () => {
  const clock = new StoppedClock();
  const pauses: number[] = [];
  const pause = async (ms: number) => {
    pauses.push(ms);
    clock.moveOn(Math.ceil(ms / 1_000));
  };
  await using own = await startSandbox({ now: clock.now }, { pause });
  const room = await own.hms.createRoom({ name: 'limited' });
  own.sandbox.control.setRateLimits([{ on: '/rooms', calls: 1, seconds: 5 }]);
  await own.hms.getRoom(room.id);
  expect(await own.hms.getRoom(room.id)).toMatchObject({ id: room.id });
  expect(pauses).toEqual([expect.any(Number)]);
  expect(pauses[0]).toBeGreaterThanOrEqual(5_000);
});
