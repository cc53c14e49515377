/**
 * A light graphql-transport-ws client on a bare TCP socket: reads unmasked frames, hands each `next` payload on as bytes,
 * parses nothing. A thousand of them cost a driver little, so that the server is what is measured.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';

const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 };
const PAYLOAD = Buffer.from('"payload":');

export class Watcher {
  /** Payloads received. The driver counts up. */
  received = 0;
  #rest = Buffer.alloc(0);
  #upgraded = false;
  #subscribe;

  /** @param onPayload called with (watcher, payload bytes); onTrouble with a text */
  constructor({ port, query, roomId, onReady, onPayload, onTrouble }) {
    Object.assign(this, { roomId, onReady, onPayload, onTrouble });
    this.#subscribe = JSON.stringify({
      id: randomUUID(),
      type: 'subscribe',
      payload: { query, variables: { roomId } },
    });
    this.socket = connect(port, '127.0.0.1', () => {
      this.socket.write(
        `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
      );
    });
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => this.#read(data));
    this.socket.on('error', (error) => this.#trouble(`socket: ${error.message}`));
    this.socket.on('close', () => this.#trouble('the server closed the socket'));
  }

  /** Goes, without waiting. */
  leave() {
    this.onTrouble = () => undefined;
    this.socket.destroy();
  }

  #trouble(text) {
    this.onTrouble(text);
    this.onTrouble = () => undefined;
  }

  #read(data) {
    let bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = bytes;
        return;
      }
      const status = bytes.toString('latin1', 0, 12);
      if (status !== 'HTTP/1.1 101') this.#trouble(`refused: ${status}`);
      this.#upgraded = true;
      this.#send(OPCODES.text, '{"type":"connection_init"}');
      bytes = bytes.subarray(end + 4);
    }
    let at = 0;
    while (bytes.length - at >= 2) {
      let start = at + 2;
      let length = bytes[at + 1];
      if (length === 126) {
        if (bytes.length - at < 4) break;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (bytes.length - at < 10) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      if (bytes.length - start < length) break;
      this.#frame(bytes[at] & 0x0f, bytes.subarray(start, start + length));
      at = start + length;
    }
    this.#rest = bytes.subarray(at);
  }

  #frame(opcode, content) {
    if (opcode === OPCODES.ping) return this.#send(OPCODES.pong, content);
    if (opcode === OPCODES.close) return this.#trouble(`closed with ${content.readUInt16BE(0)}`);
    if (opcode !== OPCODES.text) return undefined;
    const at = content.indexOf(PAYLOAD);
    if (at > 0 && content.includes('"next"'))
      return this.onPayload(this, payloadAt(content, at + PAYLOAD.length));
    const { type } = JSON.parse(content);
    if (type === 'connection_ack') {
      this.#send(OPCODES.text, this.#subscribe);
      this.onReady();
    } else if (type === 'ping') this.#send(OPCODES.text, '{"type":"pong"}');
    else if (type !== 'pong') this.#trouble(`got ${content}`);
    return undefined;
  }

  /** Clients must mask; a mask of zeros leaves the text as it is. */
  #send(opcode, content) {
    const body = Buffer.from(content);
    const head =
      body.length < 126
        ? Buffer.from([0x80 | opcode, 0x80 | body.length])
        : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 0xff]);
    this.socket.write(Buffer.concat([head, Buffer.alloc(4), body]));
  }
}

/** Some servers write the id after the payload, or before: the payload itself is what lies between its braces. */
function payloadAt(content, start) {
  return content.subarray(start, content.lastIndexOf(0x7d));
}
