import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Room ids and users are few and fixed: what grows with them is no leak. */
const ROOMS = 20;
const USERS = 20;
const QUERY = `subscription ($roomId: ID!, $after: Cursor) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) { action userId participantCount cursor }
}`;

const pick = (among) => among[Math.floor(Math.random() * among.length)];

/** People who come by every door, stay a moment, and go in every way, until they are told to stop. */
export class Guests {
  done = { changes: 0, connections: 0, told: 0 };
  #url;
  #rooms = [];
  #isOver = false;
  #walks = [];

  constructor(url) {
    this.#url = url;
  }

  async createRooms() {
    for (let n = 0; n < ROOMS; n += 1) {
      const { createRoom } = await this.#ask(
        'mutation ($name: String!) { createRoom(input: { name: $name }) { id } }',
        {
          name: `Room ${n}`,
        },
      );
      this.#rooms.push(createRoom.id);
    }
  }

  come() {
    this.#isOver = false;
    const ways = [
      this.#change,
      this.#change,
      this.#subscribe,
      this.#subscribe,
      this.#stream,
      this.#poll,
      this.#rawSocket,
      this.#session,
    ];
    this.#walks = ways.map(async (way) => {
      while (!this.#isOver) await way.call(this);
    });
  }

  /** Resolves when all have gone. */
  async go() {
    this.#isOver = true;
    await Promise.all(this.#walks);
  }

  async #ask(query, variables) {
    const { data, errors } = await this.#post('/graphql', { query, variables });
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async #post(path, body) {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return text === '' ? {} : JSON.parse(text);
  }

  async #change() {
    const input = {
      roomId: pick(this.#rooms),
      userId: `user-${Math.floor(Math.random() * USERS)}`,
      deviceId: pick(['a', 'b']),
    };
    await this.#ask('mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { id } }', { input });
    await pause(Math.random() * 20);
    await this.#ask('mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { id } }', { input });
    this.done.changes += 2;
  }

  /** Over graphql-ws: unsubscribed in good order, or cut off; and back after the last cursor. */
  async #subscribe() {
    const roomId = pick(this.#rooms);
    let after;
    for (let visit = 0; visit < 3; visit += 1) {
      let socket;
      const client = createClient({
        url: `${this.#url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        on: { opened: (opened) => (socket = opened) },
      });
      const subscription = client.iterate({ query: QUERY, variables: { roomId, after } });
      for (let told = 0; told < 3; told += 1) {
        const { value } = await Promise.race([subscription.next(), pause(500).then(() => ({}))]);
        if (!value) break;
        after = value.data.participantUpdates.cursor;
        this.done.told += 1;
      }
      this.done.connections += 1;
      if (Math.random() < 0.5) socket?.terminate();
      else await subscription.return();
      await Promise.resolve(client.dispose()).catch(() => undefined);
    }
  }

  async #stream() {
    const gone = new AbortController();
    const response = await fetch(`${this.#url}/rooms/${pick(this.#rooms)}/updates`, {
      headers: { accept: 'text/event-stream' },
      signal: gone.signal,
    });
    await Promise.race([response.body.getReader().read(), pause(200)]).catch(() => undefined);
    gone.abort();
    this.done.connections += 1;
  }

  async #poll() {
    const response = await fetch(`${this.#url}/rooms/${pick(this.#rooms)}/updates?wait=1`);
    await response.text();
  }

  async #rawSocket() {
    const socket = new WebSocket(this.#url.replace('http', 'ws'));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    const data = { roomId: pick(this.#rooms), userId: `user-${Math.floor(Math.random() * USERS)}` };
    socket.send(JSON.stringify({ event: 'join', data }));
    await Promise.race([new Promise((resolve) => socket.once('message', resolve)), pause(500)]);
    if (Math.random() < 0.5) socket.terminate();
    else socket.close();
    this.done.connections += 1;
  }

  /** A session of 100ms: a peer joins, reported twice, and leaves with its end. */
  async #session() {
    const common = {
      room_id: pick(this.#rooms),
      session_id: randomUUID(),
      session_started_at: new Date().toISOString(),
    };
    const who = {
      peer_id: randomUUID(),
      user_id: `user-${Math.floor(Math.random() * USERS)}`,
      user_name: 'a guest',
      role: 'guest',
    };
    const tell = (type, data) =>
      this.#post('/webhooks/100ms', {
        version: '2.0',
        id: randomUUID(),
        timestamp: new Date().toISOString(),
        type,
        data: { ...common, ...data },
      });
    await tell('session.open.success', {});
    const joined = { ...who, joined_at: new Date().toISOString() };
    for (let times = 0; times < 2; times += 1) await tell('peer.join.success', joined);
    await pause(Math.random() * 100);
    await tell('session.close.success', {
      session_stopped_at: new Date().toISOString(),
      session_duration: 1,
    });
    this.done.changes += 2;
  }
}
