import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, objectId, type Started, startSandbox, timestamp } from './started';

let started: Started;
beforeAll(async () => {
  started = await startSandbox();
});
afterAll(() => started[Symbol.asyncDispose]());

/** The id that an answer carries. */
async function idOf(answer: Promise<{ body: unknown }>): Promise<string> {
  return ((await answer).body as { id: string }).id;
}

describe('a created room', () => {
  it('is answered with 200 and the documented members', async () => {
    const { status, body } = await started.call('POST', '/rooms', {
      name: 'new-room-1',
      description: 'A room',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: objectId,
      name: 'new-room-1',
      enabled: true,
      description: 'A room',
      customer_id: objectId,
      app_id: objectId,
      recording_info: { enabled: false },
      recording_source_template: true,
      template_id: objectId,
      template: 'sandbox-default',
      region: 'in',
      large_room: false,
      created_at: timestamp,
      updated_at: timestamp,
    });
  });

  it('gets a UUID for a name where it was given none', async () => {
    const { body } = await started.call('POST', '/rooms', {});
    expect(body).toMatchObject({ name: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) });
  });

  it('is read by the service class, and keeps what was asked for', async () => {
    const template = (await collect(started.hms.listTemplates()))[0];
    const made = await started.hms.createRoom({
      name: 'typed',
      description: 'typed room',
      templateId: template?.id,
      region: 'eu',
      size: 20_000,
      largeRoom: true,
      maxDurationSeconds: 120,
    });
    expect(made).toMatchObject({ name: 'typed', description: 'typed room', enabled: true, region: 'eu' });
    expect(made).toMatchObject({ templateId: template?.id, createdAt: expect.any(Date) });
    expect(await started.hms.getRoom(made.id)).toEqual(made);
    expect((await started.call('GET', `/rooms/${made.id}`)).body).toMatchObject({
      size: 20_000,
      large_room: true,
      max_duration_seconds: 120,
    });
  });

  it('of a name that is taken, in whatever case, is the existing room, overwritten', async () => {
    const first = await started.hms.createRoom({ name: 'Taken', description: 'first' });
    const second = await started.hms.createRoom({ name: 'tAKEN', description: 'second' });
    expect(second).toMatchObject({ id: first.id, description: 'second' });
    expect(await started.hms.getRoom(first.id)).toMatchObject({ description: 'second' });
  });

  it('can be made a hundred times at once by one name, and is one room', async () => {
    const made = await Promise.all(
      Array.from({ length: 100 }, () => started.call('POST', '/rooms', { name: 'contested' })),
    );
    expect(new Set(made.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
  });
});

const bodyParam = (what: string) => ({
  code: 400,
  message: 'Invalid body param',
  details: [`Invalid body param: ${what}`],
});
const plain = (message: string) => ({ code: 400, message, details: [message] });

it.each<[string, object, object]>([
  ['a name with a space', { name: 'My Room' }, bodyParam('name')],
  ['`template`', { template: 'x' }, bodyParam('template. Use template_id')],
  ['an unknown template', { template_id: '63188115d11d6db790c73c60' }, plain('Error: template not found')],
  ['an unknown region', { region: 'mars' }, plain('Error: region not supported')],
  [
    'too short a duration',
    { max_duration_seconds: 119 },
    bodyParam('max_duration_seconds less than 120 seconds'),
  ],
  [
    'too long a duration',
    { max_duration_seconds: 43_201 },
    bodyParam('max_duration_seconds greater than 43200 seconds'),
  ],
  [
    'too large a size',
    { size: 2_501 },
    bodyParam('room size greater than 2500, set large_room flag as true'),
  ],
  ['a size beyond large', { size: 20_001, large_room: true }, bodyParam('room size greater than 20000')],
  [
    'storage without a bucket',
    { recording_info: { enabled: true, upload_info: { type: 's3' } } },
    plain('Bucket location is missing'),
  ],
  [
    'storage of an unknown kind',
    { recording_info: { enabled: true, upload_info: { type: 'ftp', location: 'here' } } },
    plain('Invalid upload configuration'),
  ],
])('refuses %s in the documented words, on create and on update', async (_case, body, answer) => {
  const id = await idOf(started.call('POST', '/rooms', {}));
  expect(await started.call('POST', '/rooms', body)).toEqual({ status: 400, body: answer });
  expect(await started.call('POST', `/rooms/${id}`, body)).toEqual({ status: 400, body: answer });
});

it('takes the limits themselves', async () => {
  for (const body of [
    { max_duration_seconds: 120 },
    { max_duration_seconds: 43_200 },
    { size: 2_500 },
    { size: 20_000, large_room: true },
    { name: 'a.Z-0:_' },
  ]) {
    expect(await started.call('POST', '/rooms', body)).toMatchObject({ status: 200 });
  }
});

it('answers JSON also where the body is none', async () => {
  expect(await started.call('POST', '/rooms', '{"name": ')).toMatchObject({
    status: 400,
    body: { code: 400, message: 'Invalid body' },
  });
});

it('gives the service class a typed error for a room that there is not', async () => {
  await expect(started.hms.getRoom('631b2654f771854d9bf633df')).rejects.toMatchObject({
    code: 'UPSTREAM_REJECTED',
    status: 404,
    upstreamCode: 404,
    upstreamDetails: ['not found'],
  });
});

describe('an update', () => {
  it('sets what is given and leaves the rest', async () => {
    const made = await started.hms.createRoom({ name: 'to-update', description: 'old', region: 'us' });
    const changed = await started.hms.updateRoom(made.id, { description: 'new' });
    expect(changed).toEqual({ ...made, description: 'new' });
  });

  it('echoes the storage credentials to whoever holds the keys, and the service class drops them', async () => {
    const id = await idOf(started.call('POST', '/rooms', {}));
    const credentials = { key: 'AKIA-not-real', secret: 'storage-secret-not-real' };
    const recording_info = { enabled: true, upload_info: { type: 's3', location: 'bucket', credentials } };
    const { body } = await started.call('POST', `/rooms/${id}`, { recording_info });
    expect(body).toMatchObject({ recording_info, recording_source_template: false });
    expect(JSON.stringify(await started.hms.getRoom(id))).not.toContain('not-real');
  });

  it('with a name that is taken answers the room that has it', async () => {
    const taken = await started.hms.createRoom({ name: 'has-it' });
    const other = await started.hms.createRoom({ name: 'wants-it' });
    expect(await started.call('POST', `/rooms/${other.id}`, { name: 'HAS-IT' })).toMatchObject({
      status: 200,
      body: { id: taken.id },
    });
    expect(await started.hms.getRoom(other.id)).toMatchObject({ name: 'wants-it' });
  });

  it('that disables is answered as documented, without the template', async () => {
    const made = await started.hms.createRoom({ name: 'to-disable' });
    expect(await started.call('POST', `/rooms/${made.id}`, { enabled: false })).toMatchObject({
      status: 200,
      body: { id: made.id, enabled: false, recording: null, template_id: '', template: '', region: '' },
    });
    expect(await started.hms.getRoom(made.id)).toMatchObject({ enabled: false, templateId: made.templateId });
    expect(await started.hms.updateRoom(made.id, { enabled: true })).toMatchObject({ enabled: true });
  });
});

describe('a list of rooms', () => {
  it('is asked for page by page, newest first, and names a last one on the final page too', async () => {
    await using own = await startSandbox();
    for (let n = 1; n <= 23; n += 1) await own.hms.createRoom({ name: `room-${n}` });
    const newestFirst = Array.from({ length: 23 }, (_, n) => `room-${23 - n}`);
    const names: string[] = [];
    let start = '';
    for (const expected of [10, 10, 3]) {
      const { body } = await own.call('GET', `/rooms?limit=10${start && `&start=${start}`}`);
      const { limit, data, last } = body as {
        limit: number;
        data: { id: string; name: string }[];
        last: string;
      };
      expect({ limit, length: data.length, last }).toEqual({
        limit: 10,
        length: expected,
        last: data.at(-1)?.id,
      });
      names.push(...data.map(({ name }) => name));
      start = last;
    }
    expect(names).toEqual(newestFirst);
    expect(await own.call('GET', `/rooms?start=${start}`)).toEqual({
      status: 200,
      body: { limit: 10, data: [], last: '' },
    });
    expect((await collect(own.hms.listRooms())).map(({ name }) => name)).toEqual(newestFirst);
  });

  it('goes on over more than a full page for the service class', async () => {
    await using own = await startSandbox();
    for (let n = 1; n <= 205; n += 1) await own.call('POST', '/rooms', { name: `room-${n}` });
    expect(await collect(own.hms.listRooms())).toHaveLength(205);
  });

  it('is filtered by name, state, template and time', async () => {
    await using own = await startSandbox();
    const one = await own.hms.createRoom({ name: 'one' });
    const two = await own.hms.createRoom({ name: 'two' });
    await own.hms.updateRoom(two.id, { enabled: false });
    const idsOf = async (query: string) =>
      ((await own.call('GET', `/rooms?${query}`)).body as { data: { id: string }[] }).data.map(
        ({ id }) => id,
      );
    expect(await idsOf('enabled=true')).toEqual([one.id]);
    expect(await idsOf('enabled=false')).toEqual([two.id]);
    expect(await idsOf('name=ONE')).toEqual([one.id]);
    expect(await idsOf(`template_id=${one.templateId}`)).toEqual([one.id]);
    expect(await idsOf('template_id=none')).toEqual([]);
    expect(await idsOf('after=2020-01-01T00:00:00.000Z')).toEqual([one.id]);
    expect(await idsOf('before=2020-01-01T00:00:00.000Z')).toEqual([]);
    expect(await collect(own.hms.listRooms({ name: 'two', enabled: false }))).toMatchObject([{ id: two.id }]);
  });

  it('shows rooms the way lists do: with a key and without a time of update', async () => {
    await using own = await startSandbox();
    await own.call('POST', '/rooms', { name: 'listed' });
    const { body } = await own.call('GET', '/rooms');
    expect(body).toMatchObject({
      data: [{ key: expect.stringMatching(/^[0-9a-f]{24}:listed$/), updated_at: '0001-01-01T00:00:00Z' }],
    });
  });

  it('finds a room by its name in whatever case, disabled or not', async () => {
    await using own = await startSandbox();
    const made = await own.hms.createRoom({ name: 'Named' });
    expect(await own.hms.rooms.named('nAMED')).toMatchObject({ id: made.id });
    await own.hms.rooms.disable(made.id);
    expect(await own.hms.rooms.named('named')).toMatchObject({ id: made.id, enabled: false });
    expect(await own.hms.rooms.named('name')).toBeUndefined();
    expect(await own.hms.rooms.enable(made.id)).toMatchObject({ enabled: true });
  });

  it.each(['limit=9', 'limit=101', 'limit=x', 'start=unknown', 'enabled=yes', 'after=yesterday'])(
    'refuses %s',
    async (query) => {
      expect(await started.call('GET', `/rooms?${query}`)).toEqual({
        status: 400,
        body: {
          code: 400,
          message: 'Invalid query parameter',
          details: [`Invalid query parameter: ${query.split('=')[0]}`],
        },
      });
    },
  );
});

it('keeps rooms and keys over a restart, and after a line that a crash cut in two', async () => {
  const { appendFileSync } = await import('node:fs');
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-sandbox-'));
  const first = await startSandbox({ directory });
  const made = await first.hms.createRoom({ name: 'lasting' });
  await first.hms.updateRoom(made.id, { description: 'changed' });
  await first.sandbox.close();
  appendFileSync(join(directory, 'journal.jsonl'), '{"in":"rooms","id":"63');
  await using second = await startSandbox({ directory });
  expect(second.sandbox.keys).toEqual(first.sandbox.keys);
  expect(await second.hms.getRoom(made.id)).toEqual({ ...made, description: 'changed' });
  expect(await second.hms.createRoom({ name: 'LASTING' })).toMatchObject({ id: made.id });
});
