import { readdirSync } from 'node:fs';
import { WebSocket } from 'ws';

/** What can be seen of a running Node process through its inspector, without a line of its own. */
export class Inspected {
  #socket;
  #pid;
  #answers = new Map();
  #last = 0;

  /** @param url what the process says after "Debugger listening on" */
  static async open(url, pid) {
    const inspected = new Inspected();
    inspected.#pid = pid;
    inspected.#socket = new WebSocket(url);
    inspected.#socket.on('message', (text) => {
      const { id, result } = JSON.parse(text);
      inspected.#answers.get(id)?.(result);
      inspected.#answers.delete(id);
    });
    await new Promise((resolve, reject) => inspected.#socket.once('open', resolve).once('error', reject));
    return inspected;
  }

  /** Bytes that the main thread's heap holds when all garbage is gone. */
  async heapBytes() {
    await this.#ask('HeapProfiler.collectGarbage');
    return this.#evaluate('process.memoryUsage().heapUsed');
  }

  /** Whatever must be there again when everybody has gone: open handles by kind, listeners of the process, file descriptors. */
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

  #ask(method, params = {}) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
