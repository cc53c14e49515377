/** A change to one built file. */
export interface Change {
  /** Below `dist/`. */
  readonly file: string;
  /** Text that stands in the file exactly once, and what stands there instead. */
  readonly replace: string;
  readonly by: string;
}

/** A promise that the code keeps, broken on purpose, which the history checker must notice. */
export interface Mutant extends Change {
  readonly name: string;
  /** Another change, harmless by itself, which makes the first one show in a small scenario. */
  readonly also?: Change;
  /** The disturbance in which it shows. */
  readonly shows: 'network' | 'many rooms' | 'stalls' | 'kills' | 'long absence';
}

const feed = 'rooms/feed/room-feed.js';
const past = 'rooms/feed/past.js';
const lane = 'rooms/log/room-lane.js';
const commits = 'rooms/log/room-commits.js';
const state = 'rooms/log/room-state.js';
const peers = 'rooms/presence/peer-rules.js';
const devices = 'rooms/presence/device-rules.js';
const broadcast = 'api/graphql/broadcast/broadcast.js';
const carried = 'api/graphql/broadcast/carried-watcher.js';
const sharing = 'api/graphql/broadcast/shared-selection.js';

export const mutants: readonly Mutant[] = [
  {
    name: 'dedupe removed: a device that says so again joins again',
    file: devices,
    replace: 'if ((0, participant_changes_1.hangsOn)(there, key)) {',
    by: 'if (false) {',
    shows: 'network',
  },
  {
    name: 'dedupe removed: a peer whose webhook is repeated joins again, or is revived after it left',
    file: peers,
    replace: `    const known = room.find(key);
    if (known)
        return (0, participant_changes_1.unchanged)(known);
    const participant`,
    by: '    const participant',
    shows: 'network',
  },
  {
    name: 'a session that closes leaves its peers inside',
    file: peers,
    replace: 'participant.sessionId === sessionId);',
    by: 'false);',
    shows: 'network',
  },
  {
    name: 'attach after snapshot: what is committed in between belongs to nobody',
    file: feed,
    replace:
      'return { markers: [marker], epoch: place.epoch, seq: place.seq, replayTo: place.seq, ...closed };',
    by: `await new Promise((resolve) => setTimeout(resolve, 20));
        const late = await this.parts.log.look(roomId, (room) => room.place);
        return { markers: [marker], epoch: late.epoch, seq: late.seq, replayTo: late.seq, ...closed };`,
    shows: 'network',
  },
  {
    name: 'cursor ignored: every subscription begins anew',
    file: feed,
    replace: 'const { roomId, after, snapshot } = request;',
    by: 'const { roomId, snapshot } = request, after = undefined;',
    shows: 'network',
  },
  {
    name: 'cursor off by one: its own entry is told again',
    file: feed,
    replace: 'return { markers: [], epoch, seq: place.seq, replayTo,',
    by: 'return { markers: [], epoch, seq: Math.max(0, place.seq - 1), replayTo,',
    shows: 'network',
  },
  {
    name: 'gap too large: continued from now on without a SNAPSHOT',
    file: feed,
    replace: 'return this.startAnew(request, reason);',
    by: 'return { markers: [], epoch: now.head.epoch, seq: now.head.seq, replayTo: now.head.seq };',
    shows: 'long absence',
  },
  {
    name: 'gap check removed: what a queue lost is not read from the log',
    file: feed,
    replace: "const upTo = taken === 'overflowed' ? next.seq : next.seq - 1;",
    by: "const upTo = seq;\n            if (taken === 'overflowed') seq = next.seq;",
    shows: 'stalls',
  },
  {
    name: 'replay ends after its first page',
    file: past,
    replace: `                    yield entry;
                }`,
    by: `                    yield entry;
                }
                return;`,
    also: { file: past, replace: 'const PAGE = 100;', by: 'const PAGE = 1;' },
    shows: 'network',
  },
  {
    name: 'SNAPSHOT claims a place that its participants have not reached',
    file: feed,
    replace: 'participants: room.present(),',
    by: 'participants: room.present().slice(1),',
    shows: 'network',
  },
  {
    name: 'acknowledged before the insert',
    file: lane,
    replace: 'if (entries.length > 0 ? await',
    by: 'settle();\n            if (entries.length > 0 ? await',
    shows: 'kills',
  },
  {
    name: 'acknowledged and told a moment before the insert',
    file: commits,
    replace: 'await this.commands.insert(this.models.events.collection, documents);',
    by: 'setTimeout(() => this.commands.insert(this.models.events.collection, documents), 30);',
    shows: 'kills',
  },
  {
    name: 'count not repaired after a crash',
    file: 'rooms/log/log-keeping.js',
    replace: `await log.look(roomId, () => undefined);
        await log.folded();
        return roomIds.length;`,
    by: 'return 0;',
    shows: 'kills',
  },
  {
    name: 'count of devices instead of users',
    file: state,
    replace: 'return this.devices.size;',
    by: 'return this.byId.size;',
    shows: 'network',
  },
  {
    name: 'the leave of one device removes the user',
    file: state,
    replace: '(this.devices.get(userId) ?? 0) - 1 || undefined',
    by: 'undefined',
    shows: 'network',
  },
  {
    name: 'wrong group key: rooms share their updates',
    file: broadcast,
    replace: 'JSON.stringify([place.roomId, place.epoch, sharing])',
    by: 'sharing.replace(/"roomId":"[^"]*"/, "")',
    shows: 'many rooms',
  },
  {
    name: 'wrong group key: variables are left out',
    file: sharing,
    replace: 'variables,\n        ]);',
    by: ']);',
    shows: 'network',
  },
  {
    name: 'shared buffers: a queue is handed on without what waits in it',
    file: carried,
    replace: 'this.seq -= this.queue.length;',
    by: '',
    shows: 'stalls',
  },
  {
    name: 'shared buffers: the id of the first subscription goes out to all',
    file: carried,
    replace: 'this.head = ',
    by: 'this.head = around.broadcasts.head ??= ',
    shows: 'network',
  },
  {
    name: 'queue of a slow socket drops the oldest instead of going to the log',
    file: carried,
    replace: 'if (payload.seq > this.seq + 1 || isFull) {\n            this.dismiss();\n        }',
    by: 'if (isFull) {\n            this.queue.shift();\n            this.seq = payload.seq;\n            this.queue.push(payload);\n        }',
    shows: 'stalls',
  },
];

/** A file with a change made, or undefined where the code has moved on from what the change was made for. */
export function changed(text: string, { replace, by }: Change): string | undefined {
  return text.split(replace).length === 2 ? text.replace(replace, () => by) : undefined;
}
