import { readdirSync } from 'node:fs';
import { WebSocket } from 'ws';
import { heldIn } from './held.mjs';

/** What can be seen of a running Node process through its inspector, without a line of its own. */
export class Inspected {
  #socket;
  #pid;
  #answers = new Map();
  #last = 0;
  /** Its threads, by the id of the inspector's session with each. */
  #threads = [];
  #snapshot = [];

  /** @param url what the process says after "Debugger listening on" */
  static async open(url, pid) {
    const inspected = new Inspected();
    inspected.#pid = pid;
    inspected.#socket = new WebSocket(url);
    inspected.#socket.on('message', (text) => inspected.#hear(JSON.parse(text)));
    await new Promise((resolve, reject) => inspected.#socket.once('open', resolve).once('error', reject));
    await inspected.#ask('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspected;
  }

  /** Bytes of objects and of compiled code, in the main thread and in each other one. */
  async held() {
    const held = {};
    for (const [at, thread] of [undefined, ...this.#threads].entries()) {
      this.#snapshot = [];
      await this.#ask('HeapProfiler.takeHeapSnapshot', {}, thread);
      const { objects, code } = heldIn(this.#snapshot.join(''));
      held[`bytes of objects, thread ${at}`] = objects;
      held[`bytes of code, thread ${at}`] = code;
    }
    this.#snapshot = [];
    return held;
  }

  /** What must be as before when all clients have gone: open handles by kind, listeners of the process, file descriptors. */
  async holdings() {
    const text = await this.#evaluate(`JSON.stringify({
      handles: process.getActiveResourcesInfo(),
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    })`);
    const { handles, listeners } = JSON.parse(text);
    const counts = {};
    for (const kind of handles)
      if (kind !== 'Timeout' && kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
    for (const [name, count] of listeners) counts[`listeners for ${name}`] = count;
    counts['file descriptors'] = readdirSync(`/proc/${this.#pid}/fd`).length;
    return counts;
  }

  close() {
    this.#socket.close();
  }

  async #evaluate(expression) {
    return (await this.#ask('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  }

  #hear({ id, result, method, params }) {
    if (method === 'NodeWorker.attachedToWorker') this.#threads.push(params.sessionId);
    if (method === 'NodeWorker.receivedMessageFromWorker') this.#hear(JSON.parse(params.message));
    if (method === 'HeapProfiler.addHeapSnapshotChunk') this.#snapshot.push(params.chunk);
    this.#answers.get(id)?.(result);
    this.#answers.delete(id);
  }

  /** Asks the main thread, or another one through it. */
  #ask(method, params = {}, thread = undefined) {
    this.#last += 1;
    const id = this.#last;
    const answered = new Promise((resolve) => this.#answers.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    if (thread === undefined) this.#socket.send(message);
    else void this.#ask('NodeWorker.sendMessageToWorker', { sessionId: thread, message });
    return answered;
  }
}
