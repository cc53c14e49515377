import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { closeWith, type Ending, endings } from '../../src/api/close-codes';
import { authSecret, loginOf } from '../helpers/logins';
import { startTestService } from '../helpers/service';

let service: Awaited<ReturnType<typeof startTestService>>;
/** Made before any socket opens: a socket has one second to log in. */
let roomId: string;

beforeAll(async () => {
  service = await startTestService({ AUTH_SECRET: authSecret, LIMIT_LOGIN_SECONDS: '1' });
  roomId = await newRoom();
});
afterAll(() => service?.close());

const bearer = { authorization: `Bearer ${loginOf('ana')}` };
const init = JSON.stringify({ type: 'connection_init', payload: bearer });
const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } });
const tooLarge = 'x'.repeat(70_000);

type Act = (socket: WebSocket) => void | Promise<void>;
const send =
  (...messages: (string | Buffer)[]): Act =>
  (socket) => {
    for (const message of messages) socket.send(message);
  };

/** A stream that stays open, so that its id is taken. */
const subscribeTwice: Act = async (socket) => {
  const query = `subscription { participantUpdates(roomId: "${roomId}", snapshot: true) { action } }`;
  socket.send(init);
  await once(socket, 'message');
  const message = JSON.stringify({ id: '1', type: 'subscribe', payload: { query } });
  socket.send(message);
  const [told] = await once(socket, 'message');
  expect(JSON.parse(String(told))).toMatchObject({ type: 'next', payload: { data: expect.anything() } });
  socket.send(message);
};

async function newRoom(): Promise<string> {
  const response = await fetch(`${service.url}/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer },
    body: JSON.stringify({ name: 'Closing' }),
  });
  return (await response.json()).id;
}

/** A frame that WebSocket clients cannot send, past the client. */
const bytes =
  (...values: number[]): Act =>
  (socket) =>
    void (socket as unknown as { _socket: { write(data: Buffer): void } })._socket.write(Buffer.from(values));

async function closeOf(path: string, act: Act, protocol: string | undefined, options: ClientOptions = {}) {
  const address = `${service.url.replace(/^http/, 'ws')}${path}`;
  const socket = protocol ? new WebSocket(address, protocol, options) : new WebSocket(address, options);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await act(socket);
  const [code, reason] = await closed;
  return { code, reason: String(reason) };
}

const onGraphQL = (act: Act) => closeOf('/graphql', act, 'graphql-transport-ws');
const onRaw = (act: Act) => closeOf('/', act, undefined, { headers: bearer });

it.each<[keyof typeof endings, string, () => Promise<{ code: number; reason: string }>]>([
  ['loginRejected', 'graphql-ws without a login', () => onGraphQL(send('{"type":"connection_init"}'))],
  ['loginRejected', 'a raw WebSocket that sends no login', () => closeOf('/', () => undefined, undefined)],
  ['binaryFrame', 'a binary frame on a raw WebSocket', () => onRaw(send(Buffer.from('x')))],
  ['invalidMessage', 'a message that is not JSON', () => onGraphQL(send('x'))],
  ['invalidMessage', 'a message that only servers send', () => onGraphQL(send('{"type":"connection_ack"}'))],
  ['unauthorized', 'a subscription before connection_ack', () => onGraphQL(send(subscribe))],
  ['subprotocol', 'no subprotocol', () => closeOf('/graphql', () => undefined, undefined)],
  ['noInitialisation', 'no connection_init', () => onGraphQL(() => undefined)],
  ['subscriberExists', 'an id that is in use', () => onGraphQL(subscribeTwice)],
  ['secondInitialisation', 'connection_init twice', () => onGraphQL(send(init, init))],
  ['badFrame', 'a frame with reserved bits', () => onRaw(bytes(0xf1, 0x80, 0, 0, 0, 0))],
  ['notUtf8', 'text that is not UTF-8', () => onRaw(bytes(0x81, 0x81, 0, 0, 0, 0, 0xff))],
  ['tooLarge', 'a message over LIMIT_FRAME_BYTES', () => onRaw(send(tooLarge))],
])('closes as %s of the table says: %s', async (name, _what, close) => {
  const { code, reason }: Ending = endings[name];
  const closed = await close();
  expect(closed.code).toBe(code);
  const [before = '', after = ''] = reason.split(/\{\w+\}/);
  expect(closed.reason.startsWith(before) && closed.reason.endsWith(after)).toBe(true);
  if (!reason.includes('{')) expect(closed.reason).toBe(reason);
});

it.each([
  ['ASCII', 'x'],
  ['three bytes a character', '漢'],
  ['four bytes a character', '😀'],
])('keeps a long reason within a close frame: %s', (_, character) => {
  let sent = '';
  const socket = { close: (_code: number, reason: string) => (sent = reason) };
  closeWith(socket, endings.loginRejected, { message: character.repeat(200) });
  expect(Buffer.byteLength(sent)).toBeLessThanOrEqual(123);
  expect(sent.endsWith('...')).toBe(true);
});
