import { badInput } from '../../errors';
import { ParticipantAction, type ParticipantUpdate } from '../../rooms/log/participant-update';
import type { Participant } from '../../rooms/participant.model';
import type { FrameSocket, SessionParts } from './session-parts';
import { frameOf } from './user-updates';

/** A user's device, as a frame names it: without an id it is the socket. */
interface Device {
  readonly userId: string;
  readonly deviceId?: string | undefined;
  readonly name?: string | undefined;
}

interface RoomParts extends SessionParts {
  /** Hears that the room is told on this socket no longer. */
  readonly over: () => void;
}

/** The updates of the room from some place on. */
interface Story {
  readonly updates: AsyncIterableIterator<ParticipantUpdate>;
  readonly stop: AbortController;
  /** Participants who were in the room where it begins, where it begins now. */
  readonly there: ReadonlySet<string>;
}

/**
 * One room on one socket: whom the socket brought in, and whether it watches. Updates are told for as long as there is a
 * reason for it.
 */
export class RoomOnSocket {
  private isWatched = false;
  /** Devices, by the participants that they became. */
  private readonly brought = new Map<string, Device>();
  private telling: Story | undefined;
  /** Who was told to leave, and who has left while that was asked for: a leave can be told before it is answered. */
  private readonly leaving = new Set<string>();
  private readonly left = new Set<string>();
  private leavesAsked = 0;

  constructor(
    private readonly roomId: string,
    private readonly socket: FrameSocket,
    private readonly parts: RoomParts,
  ) {}

  /** Presence begins, and the updates with it: from its own on, or from `after`. */
  async join(device: Device, after: string | undefined): Promise<void> {
    const story = await this.open(after);
    const participant = await this.unless(story, () => this.begin(device));
    this.brought.set(participant.id, device);
    const isNew = after === undefined && !story?.there.has(participant.id);
    if (story) this.tell(story, isNew ? participant.id : undefined);
  }

  /** Presence ends. Its own leave is the last that is told, unless there is another reason to go on. */
  async leave(device: Device): Promise<void> {
    const story = await this.open(undefined);
    this.leavesAsked += 1;
    const participant = await this.unless(story, () => this.end(device)).finally(() => {
      this.leavesAsked -= 1;
    });
    this.brought.delete(participant.id);
    if (!this.left.delete(participant.id)) this.leaving.add(participant.id);
    if (story) this.tell(story, participant.id);
    else this.stopWithoutReason();
  }

  async watch(after: string | undefined): Promise<void> {
    const story = await this.open(after);
    this.isWatched = true;
    if (story) this.tell(story);
  }

  /** The socket is gone: so is whom it brought in, at once or after the grace. One that fails keeps no other back. */
  async closed(how: 'left' | 'lost'): Promise<void> {
    this.telling?.stop.abort();
    const { presence, describe } = this.parts;
    const act = (device: Device) =>
      how === 'left' ? presence.end(this.bySocket(device)) : presence.lost(this.bySocket(device));
    await Promise.all([...this.brought.values()].map((device) => act(device).catch(describe)));
  }

  /** Tells nothing more. */
  stop(): void {
    this.telling?.stop.abort();
    this.telling = undefined;
    this.parts.over();
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
    let awaited = from;
    meter.change('room_watchers', 1, { door: 'raw' });
    try {
      for await (const update of story.updates) {
        if (awaited && update.participant && update.participant.id !== awaited) continue;
        awaited = undefined;
        const frame = frameOf(update);
        if (frame) await this.socket.send(frame);
        if (frame) meter.count('updates_delivered_total', { door: 'raw' });
        this.told(update);
      }
    } catch (error) {
      await this.socket.send({ event: 'error', data: describe(error) });
    } finally {
      meter.change('room_watchers', -1, { door: 'raw' });
    }
    if (this.telling === story) this.stop();
  }

  private told({ action, participant }: ParticipantUpdate): void {
    if (action !== ParticipantAction.LEFT || !participant) return;
    const device = this.brought.get(participant.id);
    if (device) this.letGo(participant.id, device);
    const wasAwaited = this.leaving.delete(participant.id);
    if (this.leavesAsked > 0) this.left.add(participant.id);
    else if (device || wasAwaited) this.stopWithoutReason();
  }

  /** Somebody else ended what this socket began: put out, or the room was ended. */
  private letGo(participantId: string, device: Device): void {
    this.brought.delete(participantId);
    if (this.leavesAsked === 0) this.parts.presence.end(this.bySocket(device)).catch(this.parts.describe);
  }

  private stopWithoutReason(): void {
    if (!this.isWatched && this.brought.size === 0 && this.leaving.size === 0) this.stop();
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
    const participant = isOurs
      ? await presence.end(this.bySocket({ userId, deviceId }))
      : deviceId !== undefined && (await presence.leave({ roomId: this.roomId, userId, deviceId }, caller));
    if (participant) return participant;
    const rule =
      deviceId === undefined ? 'was not brought in by this socket' : 'is not here with this device';
    throw badInput([{ field: 'userId', rule }]);
  }

  private bySocket(device: Device) {
    return { roomId: this.roomId, socketId: this.parts.socketId, ...device };
  }

  /** What `act` answers; where it fails, a story that was opened for it is not told. */
  private async unless<T>(story: Story | undefined, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      story?.stop.abort();
      throw error;
    }
  }
}
