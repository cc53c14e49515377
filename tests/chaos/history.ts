import type { StoredEntry, StoredRoom, StoredState } from './stored-state';

/** An update as the subscribers of these tests select it. */
export interface ToldUpdate {
  readonly action: string;
  readonly roomId: string;
  readonly userId: string | null;
  readonly participant: {
    readonly id: string;
    readonly userId: string;
    readonly status: string;
    readonly name?: string | null;
  } | null;
  readonly participants: readonly { readonly id: string; readonly userId: string }[] | null;
  readonly participantCount: number;
  readonly cursor: string;
  readonly userPresent: boolean | null;
  readonly reason: string | null;
}

/** What one subscriber was told, from its beginning to its end, over all its connections. */
export interface Story {
  readonly name: string;
  readonly roomId: string;
  /** Where it began: undefined with `snapshot: true`, whose first update says it. */
  readonly after?: string;
  /** Whether it asked for the names of participants: what it must see in every update, or in none. */
  readonly named: boolean;
  readonly told: ToldUpdate[];
  /** How long it was without a connection, each time, in milliseconds. */
  readonly absences: number[];
  /** Left by itself, before the end. */
  hasLeft: boolean;
  /** The end has come: what its client says from now on is only that. */
  isOver: boolean;
  /** An error that ended it. */
  failure?: unknown;
}

/** Something that the server said is done. */
export interface Acknowledged {
  readonly roomId: string;
  readonly userId: string;
  readonly action: 'JOINED' | 'LEFT';
  /** Where the answer named the participant. */
  readonly participantId?: string;
}

/** A place as a cursor holds it. Tests look inside; clients never do. */
export function placeOf(cursor: string): { epoch: string; seq: number } {
  const bytes = Buffer.from(cursor, 'base64url');
  return { epoch: bytes.toString('hex', 1, 9), seq: bytes.readUIntBE(9, 6) };
}

/**
 * Knows what was acknowledged and what every subscriber saw; compared with what the database holds, says what does not fit.
 */
export class History {
  readonly acknowledged: Acknowledged[] = [];
  readonly stories: Story[] = [];
  /** What was noticed on the way. */
  readonly complaints: string[] = [];

  begin(story: Omit<Story, 'told' | 'absences' | 'hasLeft' | 'isOver'>): Story {
    const begun = { ...story, told: [], absences: [], hasLeft: false, isOver: false };
    this.stories.push(begun);
    return begun;
  }

  /** Everything that is wrong; empty when every promise was kept. */
  check(stored: StoredState): string[] {
    const folds = new Map(stored.rooms.map((room) => [room.roomId, new Fold(room, stored)]));
    return [
      ...this.complaints,
      ...[...folds.values()].flatMap((fold) => fold.complaints()),
      ...this.lostAcknowledgements(stored),
      ...this.stories.flatMap((story) => {
        const fold = folds.get(story.roomId);
        return fold ? complaintsAbout(story, fold) : [`${story.name}: its room is not stored`];
      }),
    ];
  }

  private lostAcknowledgements({ entries }: StoredState): string[] {
    const of = (entry: StoredEntry) => `${entry.roomId} ${entry.participant?.userId} ${entry.action}`;
    const byUser = new Set(entries.map(of));
    const byParticipant = new Set(entries.map((entry) => `${entry.participant?._id} ${entry.action}`));
    return this.acknowledged
      .filter(({ roomId, userId, action, participantId }) =>
        participantId === undefined
          ? !byUser.has(`${roomId} ${userId} ${action}`)
          : !byParticipant.has(`${participantId} ${action}`),
      )
      .map(({ userId, action }) => `acknowledged and not in the log: ${action} ${userId}`);
  }
}

/** A room's log, folded: who was there after each entry. */
class Fold {
  readonly entries: readonly StoredEntry[];
  /** After `n` entries: participant id → participant. */
  private readonly after: Map<string, { userId: string; keys: readonly string[] }>[] = [new Map()];
  private readonly found: string[] = [];

  constructor(
    private readonly room: StoredRoom,
    private readonly stored: StoredState,
  ) {
    this.entries = stored.entries
      .filter(({ roomId }) => roomId === room.roomId)
      .sort((a, b) => a.seq - b.seq);
    const gone = new Set<string>();
    for (const [n, entry] of this.entries.entries()) {
      const present = new Map(this.after[n]);
      const { participant, action } = entry;
      const complain = (what: string) => this.found.push(`entry ${entry.seq} of ${room.roomId}: ${what}`);
      if (entry.seq !== n + 1) complain(`stands at ${n + 1}`);
      if (entry.epoch !== room.epoch) complain('is of another epoch');
      if (participant) {
        const { _id, userId, keys } = participant;
        const holdsSameKey = [...present].some(
          ([id, other]) => id !== _id && other.keys.some((key) => keys.includes(key)),
        );
        if (action === 'JOINED' && (present.has(_id) || gone.has(_id) || holdsSameKey))
          complain(`${userId} joined twice`);
        if (action === 'LEFT' && gone.has(_id)) complain(`${userId} left twice`);
        if (action === 'LEFT') gone.add(_id);
        if (action === 'LEFT') present.delete(_id);
        else present.set(_id, { userId, keys });
        if (entry.userPresent !== usersOf(present).has(userId))
          complain(`says userPresent ${entry.userPresent}`);
      }
      const count = usersOf(present).size;
      if (entry.participantCount !== count)
        complain(`counts ${entry.participantCount} users, there are ${count}`);
      this.after.push(present);
    }
  }

  get head(): number {
    return this.entries.length;
  }

  presentAfter(seq: number): string[] {
    return [...(this.after[seq]?.keys() ?? [])].sort();
  }

  countAfter(seq: number): number {
    return usersOf(this.after[seq] ?? new Map()).size;
  }

  /** What does not fit within the database. */
  complaints(): string[] {
    const { room, stored, found } = this;
    const now = this.presentAfter(this.head);
    const kept = stored.participants.filter(
      ({ roomId, status }) => roomId === room.roomId && status !== 'LEFT',
    );
    if (room.asOfSeq !== this.head)
      found.push(`room ${room.roomId} stands at ${room.asOfSeq}, its log at ${this.head}`);
    if (room.participantCount !== this.countAfter(this.head)) {
      found.push(
        `room ${room.roomId} counts ${room.participantCount}, present are ${this.countAfter(this.head)}`,
      );
    }
    if (String(kept.map(({ _id }) => _id).sort()) !== String(now)) {
      found.push(`room ${room.roomId}: stored participants are not the fold of the log`);
    }
    return found;
  }
}

function usersOf(present: Map<string, { userId: string }>): Set<string> {
  return new Set([...present.values()].map(({ userId }) => userId));
}

/** Follows a subscriber through what it was told. */
function complaintsAbout(story: Story, fold: Fold): string[] {
  const found: string[] = [];
  let seq = story.after === undefined ? undefined : placeOf(story.after).seq;
  for (const [n, update] of story.told.entries()) {
    const complain = (what: string) =>
      found.push(`${story.name}, update ${n} (${update.action} ${update.userId}): ${what}`);
    const place = placeOf(update.cursor);
    if (update.roomId !== story.roomId) complain(`is of room ${update.roomId}`);
    else if (update.action === 'SNAPSHOT') {
      if (seq !== undefined && update.reason === 'FIRST') complain('begins anew although it had a cursor');
      if (seq !== undefined && place.seq < seq) complain(`goes back from ${seq} to ${place.seq}`);
      seq = place.seq;
      const told = (update.participants ?? []).map(({ id }) => id).sort();
      if (String(told) !== String(fold.presentAfter(seq)))
        complain(`shows ${told.length} who are not those of entry ${seq}`);
      if (update.participantCount !== fold.countAfter(seq)) complain(`counts ${update.participantCount}`);
    } else if (update.action === 'CAUGHT_UP') {
      if (place.seq !== seq) complain(`is at ${place.seq}, told was up to ${seq}`);
    } else {
      if (seq === undefined) complain('comes before the SNAPSHOT');
      else if (place.seq !== seq + 1)
        complain(place.seq <= seq ? `is told again at ${seq}` : `follows ${seq}: a hole before ${place.seq}`);
      seq = place.seq;
      const entry = fold.entries[seq - 1];
      if (entry?.action !== update.action || entry.participant?._id !== update.participant?.id)
        complain('is not what the log holds');
      if (entry?.participantCount !== update.participantCount) complain(`counts ${update.participantCount}`);
      if (update.participant && 'name' in update.participant !== story.named)
        complain('has what another subscriber selected');
    }
  }
  if (story.failure !== undefined) found.push(`${story.name} failed: ${JSON.stringify(story.failure)}`);
  if (!story.hasLeft && seq !== fold.head)
    found.push(`${story.name} was told up to ${seq}, the log goes to ${fold.head}`);
  return found.slice(0, 5);
}
