import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HmsRoom, HmsService } from '../../src/video/hms.service';
import { openSandbox } from '../../src/video/sandbox';
import { CreateRoomDocument, RoomsDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { errorOf } from '../helpers/errors';
import { startTestService } from '../helpers/service';
import { openDatabaseBehindLink } from '../helpers/test-database';

describe('a name', () => {
  it.each([
    ['with spaces, as people write it', 'My Room', 'My Room'],
    ['of any script', 'வகுப்பறை 教室 🎥', 'வகுப்பறை 教室 🎥'],
    ['of 120 characters that are each two in UTF-16', '🎥'.repeat(120), '🎥'.repeat(120)],
    ['with space around it, which is taken off', '  Ana \u00a0', 'Ana'],
    ['in decomposed form, which is composed', 'Cafe\u0301', 'Café'],
  ])('%s is fine', async (_what, name, kept) => {
    await using service = await startTestService();
    expect((await post(service.url, CreateRoomDocument, { input: { name } })).data.createRoom.name).toBe(
      kept,
    );
  });

  it('that two rooms share means two rooms, here and at 100ms', async () => {
    await using service = await startTestService();
    const create = () => post(service.url, CreateRoomDocument, { input: { name: 'demo' } });
    const [first, second] = [await create(), await create()];
    expect(first.data.createRoom.id).not.toBe(second.data.createRoom.id);
  });
});

describe('an idempotency key', () => {
  it('makes a create that is repeated, ten times at once too, one room', async () => {
    await using service = await startTestService();
    const input = { name: 'Exam', idempotencyKey: 'exam-7' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(service.url, CreateRoomDocument, { input })),
    );
    expect(new Set(answers.map(({ data }) => data.createRoom.id)).size).toBe(1);
    expect((await post(service.url, RoomsDocument, {})).data.rooms).toHaveLength(1);
  });

  it('with another request is a conflict', async () => {
    await using service = await startTestService();
    await post(service.url, CreateRoomDocument, { input: { name: 'Exam', idempotencyKey: 'k' } });
    const again = await post(service.url, CreateRoomDocument, {
      input: { name: 'Party', idempotencyKey: 'k' },
    });
    expect(errorOf(again)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('completes a create that 100ms carried out without its answer ever arriving', async () => {
    await using upstream = await openUpstream();
    await using service = await startTestService(upstream.settings);
    upstream.swallowAnswers = true;
    const input = { name: 'Exam', idempotencyKey: 'exam-7' };
    const failed = await post(service.url, CreateRoomDocument, { input });
    expect(errorOf(failed)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: expect.any(Number) });
    expect(await upstream.rooms()).toHaveLength(1);

    upstream.swallowAnswers = false;
    const repeated = await post(service.url, CreateRoomDocument, { input });
    const there = await upstream.rooms();
    expect(there.map(({ id }) => id)).toEqual([repeated.data.createRoom.id]);
    expect((await post(service.url, RoomsDocument, {})).data.rooms).toHaveLength(1);
  });

  it('completes a create that 100ms carried out and the database could not keep', async () => {
    await using upstream = await openUpstream();
    await using database = await openDatabaseBehindLink();
    await using service = await startTestService({ ...upstream.settings, MONGO_URI: database.uri });
    const input = { name: 'Exam', idempotencyKey: 'exam-7' };
    upstream.beforeAnswer = () => database.link.cut();
    expect(errorOf(await post(service.url, CreateRoomDocument, { input }))).toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await upstream.rooms()).toHaveLength(1);

    upstream.beforeAnswer = () => undefined;
    database.link.mend();
    const repeated = await post(service.url, CreateRoomDocument, { input });
    expect((await upstream.rooms()).map(({ id }) => id)).toEqual([repeated.data.createRoom.id]);
    expect((await post(service.url, RoomsDocument, {})).data.rooms).toHaveLength(1);
  });
});

it('at 100ms has a name of its own that nobody chose, so that a create never takes over another room', async () => {
  await using upstream = await openUpstream();
  const theirs = await upstream.hms.createRoom({ name: 'demo', description: 'of somebody else' });
  await using service = await startTestService(upstream.settings);
  const ours = (await post(service.url, CreateRoomDocument, { input: { name: 'demo' } })).data.createRoom;
  expect(ours.id).not.toBe(theirs.id);
  expect(await upstream.hms.getRoom(theirs.id)).toMatchObject({ description: 'of somebody else' });
  expect((await upstream.hms.getRoom(ours.id)).name).toMatch(/^[a-zA-Z0-9.:_-]+$/);
});

/** A 100ms of the test's own, behind a server that can let an answer get lost after the request was carried out. */
async function openUpstream() {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-upstream-'));
  const sandbox = await openSandbox({ directory, now: () => new Date() });
  const hms = new HmsService({ keys: sandbox.keys, apiUrl: sandbox.apiUrl });
  const proxy: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(`${new URL(sandbox.apiUrl).origin}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    const text = await answer.text();
    upstream.beforeAnswer();
    if (upstream.swallowAnswers) response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const upstream = {
    swallowAnswers: false,
    beforeAnswer: (): void => undefined,
    hms,
    settings: {
      API_KEY: sandbox.keys.accessKey,
      APP_SECRET: sandbox.keys.secret,
      HMS_API_URL: `http://127.0.0.1:${port}/v2`,
      // Nobody but the test asks: what comes between is the create alone.
      RECONCILE_SECONDS: '0',
    },
    async rooms(): Promise<HmsRoom[]> {
      const found: HmsRoom[] = [];
      for await (const room of hms.listRooms()) found.push(room);
      return found;
    },
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      await sandbox.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return upstream;
}
