import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { decode } from 'jsonwebtoken';
import { HmsService, type HmsServiceOptions } from '../../src/video/hms.service';
import type { SandboxOptions } from '../../src/video/sandbox';
import type { ApiFault } from '../../src/video/sandbox/faults';
import { collect, type Started, startSandbox } from './started';

/** A service class whose requests and pauses are written down, on a sandbox whose answers go wrong as told. */
async function startObserved(
  options: Partial<HmsServiceOptions> = {},
  ofSandbox: Partial<SandboxOptions> = {},
) {
  const requests: { url: string; token: string | undefined }[] = [];
  const pauses: number[] = [];
  let now = 0;
  let mostAtOnce = 0;
  const send = options.fetch ?? fetch;
  const observed: typeof fetch = async (input, init) => {
    const token = new Headers(init?.headers).get('authorization')?.slice('Bearer '.length);
    requests.push({ url: String(input), token });
    now += 1;
    mostAtOnce = Math.max(mostAtOnce, now);
    try {
      return await send(input, init);
    } finally {
      now -= 1;
    }
  };
  const pause = async (ms: number) => {
    pauses.push(ms);
  };
  const started = await startSandbox(ofSandbox, { pause, ...options, fetch: observed });
  const fail = (...faults: ApiFault[]) => started.sandbox.control.setApiFaults(faults);
  const another = (apiUrl: string) =>
    new HmsService({ keys: started.sandbox.keys, apiUrl, pause, fetch: observed });
  return { ...started, requests, pauses, fail, another, mostAtOnce: () => mostAtOnce };
}

/** A port on which nobody listens any more. */
async function portOfNobody(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const unavailable = { name: 'HmsError', code: 'UPSTREAM_UNAVAILABLE', retryAfter: expect.any(Number) };

describe('a call that fails in a way that passes', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])(
    'is made again, at most three times in all, with pauses that grow and vary: %d',
    async (status) => {
      await using own = await startObserved();
      own.fail({ kind: 'status', status });
      await expect(own.hms.getRoom('any')).rejects.toMatchObject({ ...unavailable, status, retryAfter: 5 });
      expect(own.requests).toHaveLength(3);
      expect(own.pauses).toHaveLength(2);
      expect(own.pauses[0]).toBeLessThan(250);
      expect(own.pauses[1]).toBeLessThan(500);
    },
  );

  it('succeeds when the failure has passed', async () => {
    await using own = await startObserved();
    own.fail({ kind: 'status', status: 503, times: 2 });
    expect(await own.hms.createRoom({ name: 'patience' })).toMatchObject({ name: 'patience' });
    expect(own.requests).toHaveLength(3);
  });

  it('waits as long as the header asks', async () => {
    await using own = await startObserved();
    own.fail({ kind: 'rate-limited', seconds: 2, header: true, times: 1 });
    await collect(own.hms.listRooms());
    expect(own.pauses).toHaveLength(1);
    expect(own.pauses[0]).toBeGreaterThanOrEqual(2_000);
    expect(own.pauses[0]).toBeLessThan(2_250);
  });

  it('waits as long as the message asks, and not at all where that is beyond the deadline', async () => {
    await using own = await startObserved();
    own.fail({ kind: 'rate-limited', seconds: 1, times: 1 }, { kind: 'rate-limited', seconds: 45 });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({
      ...unavailable,
      status: 429,
      retryAfter: 45,
    });
    expect(own.pauses).toEqual([expect.any(Number)]);
    expect(own.pauses[0]).toBeGreaterThanOrEqual(1_000);
    expect(own.requests).toHaveLength(2);
  });
});

describe('a call that 100ms refuses', () => {
  it.each([400, 403, 404, 409, 422])('is not made again: %d', async (status) => {
    await using own = await startObserved();
    own.fail({ kind: 'status', status });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({
      code: 'UPSTREAM_REJECTED',
      message: `100ms refused this (${status}): refused`,
      status,
      upstreamCode: status,
      upstreamDetails: ['refused'],
      retryAfter: undefined,
    });
    expect(own.requests).toHaveLength(1);
  });

  it('by sending it elsewhere goes nowhere, least of all with the token', async () => {
    let visits = 0;
    const elsewhere = createServer((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const to = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    await using own = await startObserved();
    own.fail({ kind: 'redirect', to });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({ code: 'UPSTREAM_REJECTED', status: 307 });
    expect({ visits, requests: own.requests.length }).toEqual({ visits: 0, requests: 1 });
    elsewhere.close();
  });
});

const nonsense: [string, ApiFault][] = [
  ['a page of a proxy', { kind: 'html' }],
  ['half of an answer', { kind: 'truncated' }],
  ['a connection that is cut at once', { kind: 'cut' }],
  ['a connection that is cut half way', { kind: 'cut', at: 'middle' }],
  ['no answer at all', { kind: 'never' }],
  ['nothing', { kind: 'body', text: '' }],
  ['an empty object', { kind: 'body', text: '{}' }],
  ['null', { kind: 'body', text: 'null' }],
  ['a list', { kind: 'body', text: '[]' }],
  ['peers that are null', { kind: 'body', text: '{"peers":null}' }],
  ['peers that are a list', { kind: 'body', text: '{"peers":[]}' }],
  ['a peer that is none', { kind: 'body', text: '{"peers":{"a":{"user_id":"anna"},"b":null}}' }],
  ['the 404 of a proxy', { kind: 'html', status: 404 }],
  ['a 404 with an empty object', { kind: 'body', status: 404, text: '{}' }],
  ['an error of the server', { kind: 'status', status: 500 }],
  ['too many requests', { kind: 'rate-limited', seconds: 45 }],
  ['an error body with 200', { kind: 'body', text: '{"code":404,"message":"session not found"}' }],
  ['more bytes than any room has', { kind: 'body', text: `{"peers":{},"x":"${'y'.repeat(17 * 2 ** 20)}"}` }],
];

it.each(nonsense)('who is in a room is not known from %s', async (_case, fault) => {
  await using own = await startObserved({ attemptWithin: 1_500 });
  const room = await own.hms.createRoom({ name: 'full' });
  own.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
  own.fail(fault);
  await expect(own.hms.activePeers(room.id)).rejects.toMatchObject({ name: 'HmsError' });
  own.fail();
  expect(await own.hms.activePeers(room.id)).toMatchObject([{ userId: 'anna' }]);
});

describe('a call whose second time would do harm', () => {
  const sendMessage = (hms: HmsService) => hms.activeRooms.sendMessage('any', { message: 'hi' });

  it.each<[string, ApiFault]>([
    ['an error of the server', { kind: 'status', status: 500 }],
    ['a cut connection', { kind: 'cut' }],
    ['nonsense', { kind: 'html' }],
    ['no answer', { kind: 'never' }],
  ])('is not made again after %s', async (_case, fault) => {
    await using own = await startObserved({ attemptWithin: 200 });
    own.fail(fault);
    await expect(sendMessage(own.hms)).rejects.toMatchObject(unavailable);
    expect(own.requests).toHaveLength(1);
  });

  it('is made again after 100ms said that it did nothing, and where the request never left', async () => {
    await using own = await startObserved();
    own.fail({ kind: 'rate-limited', seconds: 0 });
    await expect(sendMessage(own.hms)).rejects.toMatchObject({ ...unavailable, status: 429 });
    expect(own.requests).toHaveLength(3);
    own.requests.length = 0;
    const nobody = own.another(`http://127.0.0.1:${await portOfNobody()}/v2`);
    await expect(sendMessage(nobody)).rejects.toMatchObject({
      ...unavailable,
      message: '100ms cannot be reached.',
    });
    expect(own.requests).toHaveLength(3);
  });
});

describe('a deadline', () => {
  it('ends each attempt, and the next one gets its own', async () => {
    await using own = await startObserved({ attemptWithin: 100 });
    own.fail({ kind: 'never' });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({
      ...unavailable,
      message: '100ms did not answer in time.',
    });
    expect(own.requests).toHaveLength(3);
  });

  it('ends them all together', async () => {
    await using own = await startObserved({ attemptWithin: 10_000, answerWithin: 100 });
    own.fail({ kind: 'never' });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject(unavailable);
    expect(own.requests).toHaveLength(1);
  });
});

describe('a signal', () => {
  const reason = new Error('nobody waits any more');

  it('that has ended already lets nothing go out', async () => {
    await using own = await startObserved();
    await expect(own.hms.getRoom('any', AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(own.requests).toEqual([]);
  });

  it('ends a call under way with its own reason, and that is no failure of 100ms', async () => {
    await using own = await startObserved({ breakAfter: 1 });
    own.fail({ kind: 'never', on: 'GET /rooms/any' });
    const stop = new AbortController();
    const call = own.hms.getRoom('any', stop.signal);
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await collect(own.hms.listRooms())).toEqual([]);
  });

  it('ends the pause before the next attempt, with its own reason', async () => {
    const realPause = (ms: number, signal: AbortSignal | undefined) => {
      setImmediate(() => stop.abort(reason));
      return setTimeout(ms, undefined, signal ? { signal } : {});
    };
    const stop = new AbortController();
    await using own = await startObserved({ pause: realPause });
    own.fail({ kind: 'rate-limited', seconds: 5 });
    await expect(own.hms.getRoom('any', stop.signal)).rejects.toBe(reason);
    expect(own.requests).toHaveLength(1);
  });

  it('ends a list between its pages', async () => {
    await using own = await startObserved();
    for (let n = 0; n < 101; n += 1) await own.call('POST', '/rooms', {});
    const stop = new AbortController();
    let seen = 0;
    const readAll = async () => {
      for await (const _ of own.hms.listRooms({}, stop.signal)) {
        seen += 1;
        stop.abort(reason);
      }
    };
    await expect(readAll()).rejects.toBe(reason);
    expect(seen).toBe(100);
  });
});

describe('the management token', () => {
  it('is one for many calls, and a new one before the old one ends', async () => {
    let now = new Date('2026-01-01T10:00:00Z');
    await using own = await startObserved({ now: () => now }, { now: () => now });
    const tokens = () => new Set(own.requests.map(({ token }) => token)).size;
    const ask = () => own.hms.getRoom('any').catch(() => undefined);
    await Promise.all(Array.from({ length: 20 }, ask));
    expect(tokens()).toBe(1);
    now = new Date('2026-01-02T09:56:00Z');
    await ask();
    expect(tokens()).toBe(2);
  });

  it('is renewed once for all who were refused with it, and the calls succeed', async () => {
    let now = new Date('2026-01-01T11:00:00Z');
    const rightNow = new Date('2026-01-01T10:00:00Z');
    // A clock that is an hour ahead, and is put right when the first call was refused.
    const correcting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.status === 401) now = rightNow;
      return response;
    };
    await using own = await startObserved({ now: () => now, fetch: correcting }, { now: () => rightNow });
    const calls = Array.from({ length: 8 }, (_, n) => own.hms.createRoom({ name: `room-${n}` }));
    expect(await Promise.all(calls)).toHaveLength(8);
    expect(own.requests).toHaveLength(16);
    expect(new Set(own.requests.map(({ token }) => token)).size).toBe(2);
  });

  it('that is refused twice is a refusal', async () => {
    await using own = await startSandbox();
    const requests: string[] = [];
    const counted: typeof fetch = (input, init) => {
      requests.push(String(input));
      return fetch(input, init);
    };
    const wrong = new HmsService({
      apiUrl: own.sandbox.apiUrl,
      keys: { ...own.sandbox.keys, secret: 'not-the-secret-of-this-account' },
      fetch: counted,
    });
    await expect(wrong.getRoom('any')).rejects.toMatchObject({
      code: 'UPSTREAM_REJECTED',
      status: 401,
      message: '100ms refused this (401): Token validation error',
      upstreamDetails: ['invalid signature'],
    });
    expect(requests).toHaveLength(2);
  });

  it('is of the documented kind', async () => {
    await using own = await startObserved();
    await own.hms.createRoom({ name: 'first' });
    expect(decode(own.requests[0]?.token ?? '')).toMatchObject({ type: 'management', version: 2 });
  });
});

describe('100ms, when it is down,', () => {
  it('is left alone after a number of failures, and asked again later', async () => {
    await using own = await startObserved({ breakAfter: 3, leaveAloneFor: 60_000 });
    own.fail({ kind: 'status', status: 500 });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({ status: 500 });
    await expect(own.hms.getRoom('any')).rejects.toMatchObject({
      ...unavailable,
      status: undefined,
      retryAfter: 60,
    });
    expect(own.requests).toHaveLength(3);
  });

  it('is not taken for down while it says no, or asks to wait', async () => {
    await using own = await startObserved({ breakAfter: 2 });
    own.fail({ kind: 'status', status: 404, times: 3 }, { kind: 'rate-limited', seconds: 60, times: 3 });
    for (let n = 0; n < 6; n += 1) await own.hms.getRoom('any').catch(() => undefined);
    own.fail();
    expect(await collect(own.hms.listRooms())).toEqual([]);
  });
});

it('makes ten calls at once and no more, and all of them in the end', async () => {
  await using own = await startObserved();
  own.fail({ kind: 'latency', ms: 20 });
  const calls = Array.from({ length: 40 }, (_, n) => own.hms.createRoom({ name: `room-${n}` }));
  expect(await Promise.all(calls)).toHaveLength(40);
  expect(own.mostAtOnce()).toBe(10);
});

describe('what must not get out', () => {
  it('is taken from the words of 100ms', async () => {
    await using own = await startObserved();
    const { accessKey, secret } = own.sandbox.keys;
    const { token } = own.hms.tokens.managementToken();
    const storage = 'hunter2-of-the-bucket';
    const said = `key ${accessKey} secret ${secret} Bearer ${token} at https://me:pw@host/ with ${storage}`;
    const text = JSON.stringify({ code: 400, message: said, details: [said, said] });
    own.fail({ kind: 'body', status: 400, text });
    const recordingInfo = { enabled: true, upload_info: { credentials: { key: 'AKIA', secret: storage } } };
    const error = await own.hms.rooms.update('any', { recordingInfo }).catch((thrown: unknown) => thrown);
    const shown = inspect(error, { depth: 10, showHidden: true });
    expect(shown).toContain('100ms refused this (400)');
    for (const hidden of [accessKey, secret, token, 'me:pw', storage]) expect(shown).not.toContain(hidden);
    expect((error as Error).message.length).toBeLessThanOrEqual(230);
  });

  it('is not in what the service class shows of itself', async () => {
    await using own = await startObserved();
    await own.hms.createRoom({ name: 'first' });
    expect(inspect(own.hms.tokens, { depth: 10 })).not.toContain(own.sandbox.keys.secret);
    expect(JSON.stringify(own.hms.tokens)).not.toContain(own.sandbox.keys.secret);
  });
});

it.each(['', '.', '..'])('asks for no id that would be another path: "%s"', async (id) => {
  await using own = await startObserved();
  expect(() => own.hms.getRoom(id)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  expect(own.requests).toEqual([]);
});

it('keeps an id within its segment of the path', async () => {
  await using own = await startObserved();
  await expect(own.hms.getRoom('../templates?x=1#y')).rejects.toMatchObject({ status: 404 });
  expect(own.requests[0]?.url).toMatch(/\/v2\/rooms\/\.\.%2Ftemplates%3Fx%3D1%23y$/);
});

describe('a list', () => {
  const room = (n: number) => ({ id: String(n), name: `room-${n}`, enabled: true });
  const fillWith = (own: Started, ...pages: object[]) =>
    own.sandbox.control.setApiFaults(
      pages.map((page) => ({ kind: 'body', text: JSON.stringify(page), times: 1 }) as const),
    );
  const hundred = Array.from({ length: 100 }, (_, n) => room(n));

  it.each<[string, object[], number]>([
    [
      'that ends with null',
      [
        { limit: 100, data: hundred, last: '99' },
        { data: null, last: null },
      ],
      100,
    ],
    ['that ends without data', [{ limit: 100, data: hundred, last: '99' }, { last: '' }], 100],
    ['whose full page names no last one', [{ limit: 100, data: hundred, last: '' }], 100],
    ['whose page is short though it names a last one', [{ limit: 100, data: [room(1)], last: '1' }], 1],
    [
      'in pages shorter than asked for',
      [
        { limit: 1, data: [room(1)], last: '1' },
        { limit: 1, data: [room(2)], last: '2' },
        { limit: 1, data: [] },
      ],
      2,
    ],
    [
      'that turns in a circle',
      [
        { limit: 100, data: hundred, last: '99' },
        { limit: 100, data: hundred, last: '99' },
      ],
      200,
    ],
  ])('%s ends', async (_case, pages, count) => {
    await using own = await startObserved();
    fillWith(own, ...pages);
    expect(await collect(own.hms.listRooms())).toHaveLength(count);
    expect(own.requests).toHaveLength(pages.length);
  });
});
