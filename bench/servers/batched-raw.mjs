/** One serialisation for each update, one write for each socket and tick: the limit of what Node can do. */
import { openRawServer } from './raw-doors.mjs';

const watchers = new Map();
const dirty = new Set();

/** The head of an unmasked text frame, and its text, as one string of bytes. */
function framed(text) {
  const { length } = text;
  if (length < 126) return String.fromCharCode(0x81, length) + text;
  return String.fromCharCode(0x81, 126, length >> 8, length & 0xff) + text;
}

function flush() {
  for (const watcher of dirty) {
    watcher.tcp.write(watcher.frames, 'latin1');
    watcher.frames = '';
  }
  dirty.clear();
}

openRawServer({
  watch(roomId, { tcp }, id) {
    if (!watchers.has(roomId)) watchers.set(roomId, new Set());
    const watcher = { tcp, head: `{"id":"${id}","type":"next","payload":`, frames: '' };
    watchers.get(roomId).add(watcher);
    return () => watchers.get(roomId).delete(watcher);
  },
  tell(roomId, update) {
    const payload = JSON.stringify({ data: { participantUpdates: update } });
    if (dirty.size === 0) setImmediate(flush);
    for (const watcher of watchers.get(roomId) ?? []) {
      watcher.frames += framed(`${watcher.head}${payload}}`);
      dirty.add(watcher);
    }
  },
});
