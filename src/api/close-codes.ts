/** What a client does when its socket was closed: see the names in `docs/updates-protocol.md`. */
type Advice =
  /** Wait a moment, open a new socket, and subscribe after the last cursor. */
  | 'reconnect'
  /** Fetch a new login first. A second close with a new login is final: show it to the user. */
  | 'log in again'
  /** The client sent something wrong, and would again: a fault of its code. */
  | 'correct the client';

/** One way in which the server ends a WebSocket. */
export interface Ending {
  readonly code: number;
  /** Sent with the code. A word in braces stands for what differs from one close to another. */
  readonly reason: string;
  readonly on: 'graphql-ws' | 'raw WebSocket' | 'both';
  readonly when: string;
  readonly advice: Advice;
}

/**
 * Every way in which the server ends a WebSocket: the one table for the code that closes, for `/asyncapi.json` and for
 * `docs/updates-protocol.md`. The first part is closed by us, the second by the libraries beneath.
 */
export const endings = {
  restarting: {
    code: 1012,
    reason: 'Server is restarting; come back with your last cursor.',
    on: 'both',
    when: 'The process stops, as in every deploy.',
    advice: 'reconnect',
  },
  stalled: {
    code: 1013,
    reason: 'Nothing was read for {seconds} s; come back with your last cursor.',
    on: 'both',
    when: 'The client read nothing for `STALL_SECONDS`. Its browser may show 1006, because the close frame waits behind unread data.',
    advice: 'reconnect',
  },
  notNow: {
    code: 1013,
    reason: '{message}',
    on: 'both',
    when: 'The user has too many sockets open, or the keys of the login provider cannot be fetched.',
    advice: 'reconnect',
  },
  failed: {
    code: 1013,
    reason: 'This message could not be handled; come back.',
    on: 'graphql-ws',
    when: 'The server failed at a message. Its log has the error.',
    advice: 'reconnect',
  },
  loginRejected: {
    code: 4403,
    reason: '{message}',
    on: 'both',
    when: 'There was no login, or it was rejected. The reason says why.',
    advice: 'log in again',
  },
  loginEnded: {
    code: 4403,
    reason: 'This login has ended; come back with a new one, from your last cursor.',
    on: 'both',
    when: 'The login expired (`exp`) or was revoked while the socket was open.',
    advice: 'log in again',
  },
  binaryFrame: {
    code: 1003,
    reason: 'Frames are JSON text here.',
    on: 'raw WebSocket',
    when: 'The client sent a binary frame.',
    advice: 'correct the client',
  },
  invalidMessage: {
    code: 4400,
    reason: 'Invalid message received',
    on: 'graphql-ws',
    when: 'A message was not valid JSON, not of the protocol, or one that only servers send.',
    advice: 'correct the client',
  },

  unauthorized: {
    code: 4401,
    reason: 'Unauthorized',
    on: 'graphql-ws',
    when: 'The client subscribed before `connection_ack`.',
    advice: 'correct the client',
  },
  subprotocol: {
    code: 4406,
    reason: 'Subprotocol not acceptable',
    on: 'graphql-ws',
    when: 'The socket was opened without the subprotocol `graphql-transport-ws`.',
    advice: 'correct the client',
  },
  noInitialisation: {
    code: 4408,
    reason: 'Connection initialisation timeout',
    on: 'graphql-ws',
    when: 'No `connection_init` came within `LIMIT_LOGIN_SECONDS`: a slow network, or a client that does not send it.',
    advice: 'reconnect',
  },
  subscriberExists: {
    code: 4409,
    reason: 'Subscriber for {id} already exists',
    on: 'graphql-ws',
    when: 'The client used the id of an operation that still runs.',
    advice: 'correct the client',
  },
  secondInitialisation: {
    code: 4429,
    reason: 'Too many initialisation requests',
    on: 'graphql-ws',
    when: 'The client sent `connection_init` twice.',
    advice: 'correct the client',
  },
  badFrame: {
    code: 1002,
    reason: '',
    on: 'both',
    when: 'A frame broke the WebSocket protocol (RFC 6455).',
    advice: 'correct the client',
  },
  notUtf8: {
    code: 1007,
    reason: '',
    on: 'both',
    when: 'A text frame was not valid UTF-8.',
    advice: 'correct the client',
  },
  tooManyFragments: {
    code: 1008,
    reason: '',
    on: 'both',
    when: 'A message came in too many fragments.',
    advice: 'correct the client',
  },
  tooLarge: {
    code: 1009,
    reason: '',
    on: 'both',
    when: 'A message was larger than `LIMIT_FRAME_BYTES`.',
    advice: 'correct the client',
  },
  cut: {
    code: 1006,
    reason: '',
    on: 'both',
    when: 'No close frame arrived: the network failed, a ping was not answered, or the process ended at once.',
    advice: 'reconnect',
  },
} as const satisfies Record<string, Ending>;

/** RFC 6455, 5.5: a control frame has at most 125 bytes, of which the code takes two. A longer reason makes `ws` throw. */
const MAX_REASON_BYTES = 123;
/** A UTF-16 unit takes at most three bytes in UTF-8, and three dots mark what was cut. */
const MAX_CUT_UNITS = (MAX_REASON_BYTES - 3) / 3;

/** Closes a socket with the code and reason of an ending, with `values` in place of the words in braces. */
export function closeWith(
  socket: { close(code: number, reason: string): void },
  { code, reason }: Ending,
  values: Readonly<Record<string, string | number>> = {},
): void {
  const filled = reason.replace(/\{(\w+)\}/g, (word, name: string) => String(values[name] ?? word));
  socket.close(code, shortened(filled));
}

function shortened(text: string): string {
  return Buffer.byteLength(text) <= MAX_REASON_BYTES ? text : `${text.slice(0, MAX_CUT_UNITS)}...`;
}
