import { type Started, startSandbox } from './started';

let own: Started;
beforeAll(async () => {
  own = await startSandbox();
});
afterAll(() => own[Symbol.asyncDispose]());

const trunk = { username: 'user', password: 'pass-word', address: 'a.pstn.example.com', from: '+971667' };
const id = { id: expect.stringMatching(/^[0-9a-f]+$/) };

async function openRoom(name: string) {
  const { id: roomId } = await own.hms.createRoom({ name });
  const { code } = await own.hms.roomCodes.createForRole(roomId, 'guest');
  return { roomId, code };
}

it('makes and changes a trunk, and calls somebody into a room, in the documented shapes', async () => {
  const { roomId, code } = await openRoom('call');
  const made = await own.call('POST', '/sip/outbound/trunks', trunk);
  expect(made).toEqual({ status: 200, body: id });
  const { id: trunkId } = made.body as { id: string };
  expect(await own.call('POST', `/sip/outbound/trunks/${trunkId}`, { ...trunk, from: '+1' })).toEqual(made);
  const call = {
    to: '+971776656',
    name: 'Alex',
    user_id: '',
    room_code: code,
    trunk_id: trunkId,
    video: true,
    headers: { 'x-language-id': '5', 'x-mrn': '1234567' },
  };
  expect(await own.call('POST', '/sip/outbound/call', call)).toEqual({ status: 200, body: id });
  expect(own.sandbox.control.present(roomId)).toMatchObject([{ name: 'Alex', role: 'guest', type: 'sip' }]);
});

it('is a call each by the service class, which shows nobody the password', async () => {
  const { roomId, code } = await openRoom('by-class');
  const { sip } = own.hms;
  const { id: trunkId } = await sip.createTrunk(trunk);
  expect(await sip.updateTrunk(trunkId, trunk)).toEqual({ id: trunkId });
  await sip.call({ to: '+1', roomCode: code, trunkId, userId: 'alex', headers: { 'X-Lang': '5' } });
  expect(await own.hms.activePeers(roomId)).toMatchObject([{ userId: 'alex', role: 'guest' }]);
  const text = JSON.stringify({
    code: 400,
    message: `no trunk for ${trunk.password}`,
    details: [trunk.password],
  });
  own.sandbox.control.setApiFaults([{ kind: 'body', status: 400, text, times: 1 }]);
  const refusal = await sip.createTrunk(trunk).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 400 });
  expect(JSON.stringify(refusal) + String(refusal)).not.toContain(trunk.password);
});

it.each([
  [{}, 400, 'to is mandatory'],
  [{ to: '+1' }, 400, 'room_code is mandatory'],
  [{ to: '+1', room_code: 'CODE' }, 400, 'trunk_id is mandatory'],
  [{ to: '+1', room_code: 'CODE', trunk_id: 'none' }, 404, 'trunk not found'],
  [{ to: '+1', room_code: 'aaa-bbbb-ccc', trunk_id: 'TRUNK' }, 404, 'Code not found'],
  [{ to: '+1', room_code: 'CODE', trunk_id: 'TRUNK', headers: { x: 'a\r\nb' } }, 400, 'Invalid body param'],
])('a call with %j is refused with %i: %s', async (body, status, message) => {
  const { code } = await openRoom('refused');
  const { id: trunkId } = await own.hms.sip.createTrunk(trunk);
  const text = JSON.stringify(body).replace('CODE', code).replace('TRUNK', trunkId);
  const answer = await own.call('POST', '/sip/outbound/call', text);
  expect(answer).toMatchObject({ status, body: { code: status, message } });
});

it('refuses a trunk without a password', async () => {
  const { password: _, ...rest } = trunk;
  expect(await own.call('POST', '/sip/outbound/trunks', rest)).toMatchObject({
    status: 400,
    body: { details: ['Invalid body param: password'] },
  });
  await expect(own.hms.sip.updateTrunk('none', trunk)).rejects.toMatchObject({ status: 404 });
});

it('waits for the phone to be picked up longer than for other answers', async () => {
  await using hurried = await startSandbox({}, { attemptWithin: 100, answerWithin: 100 });
  const { id: trunkId } = await hurried.hms.sip.createTrunk(trunk);
  const room = await hurried.hms.createRoom({ name: 'patient' });
  const guest = await hurried.hms.roomCodes.createForRole(room.id, 'guest');
  hurried.sandbox.control.setApiFaults([{ kind: 'latency', ms: 400 }]);
  await expect(hurried.hms.getRoom(room.id)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  expect(await hurried.hms.sip.call({ to: '+1', roomCode: guest.code, trunkId })).toEqual(id);
});
