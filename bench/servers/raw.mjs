/** ws and `JSON.stringify` for each send: what one writes without any library above ws. */
import { openRawServer } from './raw-doors.mjs';

const watchers = new Map();

openRawServer({
  watch(roomId, { socket }, id) {
    if (!watchers.has(roomId)) watchers.set(roomId, new Set());
    const watcher = { socket, id };
    watchers.get(roomId).add(watcher);
    return () => watchers.get(roomId).delete(watcher);
  },
  tell(roomId, update) {
    for (const { socket, id } of watchers.get(roomId) ?? []) {
      socket.send(JSON.stringify({ id, type: 'next', payload: { data: { participantUpdates: update } } }));
    }
  },
});
