import { z } from 'zod';
import { id, objectOf, optionalFlag, optionalNumber, optionalText, texts, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const region = z.enum(['in', 'us', 'eu', 'auto']);
type HmsRegion = z.infer<typeof region>;

const hmsRoom = objectOf({
  id,
  name: z.string(),
  enabled: z.boolean(),
  description: optionalText,
  template_id: optionalText,
  customer_id: optionalText,
  app_id: optionalText,
  region: region.optional().catch(undefined),
  size: optionalNumber,
  large_room: optionalFlag,
  max_duration_seconds: optionalNumber,
  polls: texts,
  created_at: time,
});

/**
 * A room as 100ms has it. Its `name` is the one derived for 100ms, not the one that people read. Enabling and
 * disabling answer without template and region.
 */
export type HmsRoom = z.infer<typeof hmsRoom>;

export interface HmsRoomSettings {
  readonly description?: string | undefined;
  readonly templateId?: string | undefined;
  readonly region?: HmsRegion | undefined;
  /** 0 to 2,500, or to 20,000 in a large room. */
  readonly size?: number | undefined;
  readonly largeRoom?: boolean | undefined;
  /** 120 to 43,200; the session ends by itself then. */
  readonly maxDurationSeconds?: number | undefined;
  readonly polls?: readonly string[] | undefined;
  /** Takes the place of the workspace's webhook for this room. */
  readonly webhook?:
    | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }
    | undefined;
  /** With SFU recording and where it goes, in the words of 100ms. Never shown in what comes back. */
  readonly recordingInfo?: object | undefined;
}

export interface NewHmsRoom extends HmsRoomSettings {
  /** `a-z A-Z 0-9 . - : _`. A name that is taken means the existing room, which is overwritten with these settings. */
  readonly name: string;
}

export interface HmsRoomFilter {
  /** The whole name, case-insensitive. */
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly templateId?: string | undefined;
  /** Both inclusive, by time of creation. */
  readonly after?: Date | undefined;
  readonly before?: Date | undefined;
}

/** Rooms: "Rooms" of the 100ms documentation. There is no delete. */
export class HmsRooms {
  constructor(private readonly verbs: HmsVerbs) {}

  /** Safe to repeat, because 100ms answers the room that has the name already. */
  create(room: NewHmsRoom, signal?: AbortSignal): Promise<HmsRoom> {
    return this.verbs.set({ path: '/rooms', body: bodyOf(room), answer: hmsRoom, signal });
  }

  get(roomId: string, signal?: AbortSignal): Promise<HmsRoom> {
    return this.verbs.get({ path: path`/rooms/${roomId}`, answer: hmsRoom, signal });
  }

  /** The room with this name, case-insensitive. */
  async named(name: string, signal?: AbortSignal): Promise<HmsRoom | undefined> {
    for (const enabled of [true, false]) {
      for await (const room of this.list({ name, enabled }, signal)) return room;
    }
    return undefined;
  }

  /**
   * Newest first. Disabled rooms are left out unless `enabled` says otherwise: what 100ms does without it is not
   * documented.
   */
  list(filter: HmsRoomFilter = {}, signal?: AbortSignal): AsyncIterable<HmsRoom> {
    const { name, enabled = true, templateId, after, before } = filter;
    const query = {
      name,
      enabled: String(enabled),
      template_id: templateId,
      after: after?.toISOString(),
      before: before?.toISOString(),
    };
    return this.verbs.list('/rooms', hmsRoom, { query, signal });
  }

  /** Sets what is given and leaves the rest. Safe to repeat. */
  update(
    roomId: string,
    changes: HmsRoomSettings & { readonly name?: string; readonly enabled?: boolean },
    signal?: AbortSignal,
  ): Promise<HmsRoom> {
    const body = { ...bodyOf(changes), enabled: changes.enabled };
    return this.verbs.set({ path: path`/rooms/${roomId}`, body, answer: hmsRoom, signal });
  }

  enable(roomId: string, signal?: AbortSignal): Promise<HmsRoom> {
    return this.update(roomId, { enabled: true }, signal);
  }

  /** Present peers stay; no other peer can join. */
  disable(roomId: string, signal?: AbortSignal): Promise<HmsRoom> {
    return this.update(roomId, { enabled: false }, signal);
  }
}

function bodyOf(room: HmsRoomSettings & { readonly name?: string }): object {
  const { name, description, templateId, region, size, largeRoom, maxDurationSeconds, polls, ...rest } = room;
  return {
    name,
    description,
    template_id: templateId,
    region,
    size,
    large_room: largeRoom,
    max_duration_seconds: maxDurationSeconds,
    polls,
    webhook: rest.webhook,
    recording_info: rest.recordingInfo,
  };
}
