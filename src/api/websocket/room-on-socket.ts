import { AppError, badInput } from '../../errors';
import { ParticipantAction, type ParticipantUpdate } from '../../rooms/log/participant-update';
import { LeftReason, type Participant } from '../../rooms/participant.model';
import type { FrameSocket, SessionParts } from './session-parts';
import { frameOf } from './user-updates';

/** A user's device, as a frame names it: without an id it is the socket. */
interface Device {
  readonly userId: string;
  readonly deviceId?: string | undefined;
  readonly name?: string | undefined;
}

interface RoomParts extends SessionParts {
  /** Called when the room may be in use no longer. */
  readonly unused: () => void;
}

/** The updates of the room from some place on. */
interface Story {
  readonly updates: AsyncIterableIterator<ParticipantUpdate>;
  readonly stop: AbortController;
  /** Participants who were in the room where it begins, where it begins now. */
  readonly there: ReadonlySet<string>;
}

/**
 * One room on one socket: the presences that the socket began, and whether it watches. Updates are delivered for as long as there is
 * a reason for it. The room stays known for as long as a presence hangs on the socket, so that none outlives it.
 */
export class RoomOnSocket {
  private isWatched = false;
  /** Devices, by the participants that they became. */
  private readonly brought = new Map<string, Device>();
  private telling: Story | undefined;
  /** Participants whose leave was answered, and whose LEFT is not delivered yet. */
  private readonly leaving = new Set<string>();
  /** The join or leave under way. A LEFT can be delivered before it is answered, and is acted on afterwards. Never rejects. */
  private underWay: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly roomId: string,
    private readonly socket: FrameSocket,
    private readonly parts: RoomParts,
  ) {}

  /** Whether the socket is told of the room, or a presence in it hangs on the socket. */
  get isInUse(): boolean {
    return this.telling !== undefined || this.brought.size > 0;
  }

  /** Presence begins, and the updates with it: from its own on, or from `after`. */
  async join(device: Device, after: string | undefined): Promise<void> {
    const story = await this.open(after);
    const participant = await this.unless(story, async () => {
      const joined = await this.begin(device);
      this.brought.set(joined.id, device);
      return joined;
    });
    const isNew = after === undefined && !story?.there.has(participant.id);
    if (story) this.tell(story, isNew ? participant.id : undefined);
  }

  /** Presence ends. Its own leave is the last update that is delivered, unless there is another reason to go on. */
  async leave(device: Device): Promise<void> {
    const story = await this.open(undefined);
    const participant = await this.unless(story, async () => {
      const left = await this.end(device);
      this.brought.delete(left.id);
      this.leaving.add(left.id);
      return left;
    });
    if (story) this.tell(story, participant.id);
  }

  async watch(after: string | undefined): Promise<void> {
    const story = await this.open(after);
    this.isWatched = true;
    if (story) this.tell(story);
  }

  /** The socket is gone, and so are the presences that it began: at once, or after the grace. */
  async closed(how: 'left' | 'lost'): Promise<void> {
    this.telling?.stop.abort();
    await this.endAll(how);
    // What could not be ended just now is renewed no longer, and ends with its lease.
    for (const [participantId, device] of this.brought) this.letGo(participantId, device);
  }

  /** A story that begins after a place, or now; undefined where one that is being told will do. */
  private async open(after: string | undefined): Promise<Story | undefined> {
    if (this.telling && after === undefined) return undefined;
    const { feed, caller } = this.parts;
    const stop = new AbortController();
    const updates = await feed.follow({ roomId: this.roomId, after, snapshot: true }, caller, stop.signal);
    if (after !== undefined) return { updates, stop, there: new Set() };
    const first: IteratorResult<ParticipantUpdate, undefined> = await updates.next();
    return { updates, stop, there: new Set(first.value?.participants?.map(({ id }) => id)) };
  }

  /** Begins to tell a story in the place of the one before, from the first update about a participant where one is named. */
  private tell(story: Story, from?: string): void {
    this.telling?.stop.abort();
    this.telling = story;
    void this.tellAll(story, from);
  }

  private async tellAll(story: Story, from: string | undefined): Promise<void> {
    const { meter, describe } = this.parts;
    let failure: unknown;
    meter.change('room_watchers', 1, { door: 'raw' });
    try {
      await this.deliver(story, from);
    } catch (error) {
      failure = error;
      await this.socket.send({ event: 'error', data: describe(error) });
    } finally {
      meter.change('room_watchers', -1, { door: 'raw' });
    }
    if (this.telling === story) await this.ended(failure);
  }

  private async deliver(story: Story, from: string | undefined): Promise<void> {
    let awaited = from;
    for await (const update of story.updates) {
      // Several updates are taken from the feed at once. Once it is stopped, no more of them are delivered than that the room closed.
      if (story.stop.signal.aborted && !this.isLastWord(update)) continue;
      if (awaited && update.participant && update.participant.id !== awaited) continue;
      awaited = undefined;
      const frame = frameOf(update);
      if (frame) await this.socket.send(frame);
      if (frame) this.parts.meter.count('updates_delivered_total', { door: 'raw' });
      if (update.action === ParticipantAction.LEFT) await this.delivered(update);
    }
  }

  /** Whether it closes the room, and no other story delivers it. */
  private isLastWord({ action }: ParticipantUpdate): boolean {
    return action === ParticipantAction.ROOM_CLOSED && this.telling === undefined;
  }

  /** A participant left: on request of this socket, or because another client or the server ended what this socket began. */
  private async delivered({ participant }: ParticipantUpdate): Promise<void> {
    await this.underWay;
    if (!participant) return;
    const device = this.brought.get(participant.id);
    if (device) this.letGo(participant.id, device);
    if (this.leaving.delete(participant.id) || device) this.stopWithoutReason();
  }

  /**
   * No more updates come: the room is closed, the caller may no longer watch it, or the stream failed. Who may not watch may
   * not be inside either. After a failure presences stay, and end with the socket.
   */
  private async ended(failure: unknown): Promise<void> {
    this.telling = undefined;
    this.isWatched = false;
    this.leaving.clear();
    await this.underWay;
    if (failure instanceof AppError && failure.code === 'ROOM_NOT_FOUND') await this.endAll('removed');
    this.parts.unused();
  }

  /** Ends each presence that this socket began. One that fails keeps no other back, and is tried again when the socket closes. */
  private async endAll(how: 'left' | 'lost' | 'removed'): Promise<void> {
    const { presence, describe } = this.parts;
    const act = async (participantId: string, device: Device) => {
      const reason = how === 'removed' ? LeftReason.REMOVED : LeftReason.LEFT;
      const input = this.bySocket(device);
      await (how === 'lost' ? presence.lost(input) : presence.end(input, reason));
      this.brought.delete(participantId);
    };
    await Promise.all([...this.brought].map((each) => act(...each).catch(describe)));
  }

  /** Delivers nothing more, unless there is a reason to go on. */
  private stopWithoutReason(): void {
    if (this.isWatched || this.brought.size > 0 || this.leaving.size > 0) return;
    this.telling?.stop.abort();
    this.telling = undefined;
    this.parts.unused();
  }

  private letGo(participantId: string, device: Device): void {
    this.brought.delete(participantId);
    this.parts.presence.letGo(this.bySocket(device), participantId);
  }

  private begin(device: Device): Promise<Participant> {
    return this.parts.presence.begin(this.bySocket(device), this.parts.caller);
  }

  /** Ends the presence that this socket began, or that of a device which came in by another way. */
  private async end({ userId, deviceId }: Device): Promise<Participant> {
    const { presence, caller } = this.parts;
    const isOurs = [...this.brought.values()].some(
      (each) => each.userId === userId && each.deviceId === deviceId,
    );
    const ended = isOurs ? await presence.end(this.bySocket({ userId, deviceId })) : null;
    if (ended) return ended;
    const left =
      deviceId !== undefined && (await presence.leave({ roomId: this.roomId, userId, deviceId }, caller));
    if (left) return left;
    const rule =
      deviceId === undefined ? 'was not brought in by this socket' : 'is not here with this device';
    throw badInput([{ field: 'userId', rule }]);
  }

  private bySocket(device: Device) {
    return { roomId: this.roomId, socketId: this.parts.socketId, ...device };
  }

  /** What `act` answers; where it fails, a story that was opened for it is not told. */
  private async unless<T>(story: Story | undefined, act: () => Promise<T>): Promise<T> {
    const acting = act();
    this.underWay = acting.catch(() => undefined);
    try {
      return await acting;
    } catch (error) {
      story?.stop.abort();
      throw error;
    }
  }
}
