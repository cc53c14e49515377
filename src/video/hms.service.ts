import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { HmsCaller } from './hms.call';
import { type HmsRegion, type HmsRoom, type HmsTemplate, hmsRoom, hmsTemplate, pageOf } from './hms.shapes';
import { type HmsKeys, HmsTokens } from './hms.tokens';

export type { HmsRegion, HmsRoom, HmsTemplate } from './hms.shapes';

export interface HmsServiceOptions {
  /** With its `/v2`, without a slash at the end. */
  readonly apiUrl: string;
  readonly keys: HmsKeys;
  readonly now?: () => Date;
  readonly fetch?: typeof fetch;
  readonly pause?: (ms: number) => Promise<void>;
  readonly attemptWithin?: number;
  readonly answerWithin?: number;
}

export interface NewHmsRoom {
  /** `a-z A-Z 0-9 . - : _`. A name that is taken means the existing room, which is overwritten with these settings. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly templateId?: string | undefined;
  readonly region?: HmsRegion | undefined;
  readonly size?: number | undefined;
  readonly largeRoom?: boolean | undefined;
  readonly maxDurationSeconds?: number | undefined;
}

export interface HmsRoomFilter {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** The most that 100ms gives at a time. */
const PAGE = '100';

/**
 * The REST API of 100ms, version 2, as far as this project uses it. Every method throws `HmsError`: UPSTREAM_REJECTED
 * where 100ms said no, UPSTREAM_UNAVAILABLE where it gave no usable answer within 10 s in at most three attempts.
 */
export class HmsService {
  readonly tokens: HmsTokens;
  private readonly caller: HmsCaller;

  constructor({ apiUrl, keys, now = () => new Date(), ...options }: HmsServiceOptions) {
    this.tokens = new HmsTokens(keys, { now });
    this.caller = new HmsCaller({
      apiUrl,
      now,
      tokens: this.tokens,
      fetch: options.fetch ?? fetch,
      pause: options.pause ?? ((ms) => pause(ms)),
      attemptWithin: options.attemptWithin ?? 4_000,
      answerWithin: options.answerWithin ?? 10_000,
    });
  }

  /** Safe to repeat, because 100ms answers the room that has the name already. */
  createRoom(room: NewHmsRoom, signal?: AbortSignal): Promise<HmsRoom> {
    const { name, description, templateId, region, size, largeRoom, maxDurationSeconds } = room;
    const body = {
      name,
      description,
      template_id: templateId,
      region,
      size,
      large_room: largeRoom,
      max_duration_seconds: maxDurationSeconds,
    };
    return this.caller.call({
      method: 'POST',
      path: '/rooms',
      body,
      answer: hmsRoom,
      repeatable: true,
      signal,
    });
  }

  getRoom(roomId: string, signal?: AbortSignal): Promise<HmsRoom> {
    return this.get(`/rooms/${encodeURIComponent(roomId)}`, hmsRoom, signal);
  }

  /** Disabled rooms are left out unless `enabled` says otherwise: what 100ms does without it is not documented. */
  listRooms({ name, enabled = true }: HmsRoomFilter = {}, signal?: AbortSignal): AsyncIterable<HmsRoom> {
    return this.list('/rooms', hmsRoom, { name, enabled: String(enabled) }, signal);
  }

  /** Sets what is given and leaves the rest. Safe to repeat. */
  updateRoom(
    roomId: string,
    { description, enabled }: { description?: string; enabled?: boolean },
    signal?: AbortSignal,
  ): Promise<HmsRoom> {
    const path = `/rooms/${encodeURIComponent(roomId)}`;
    const body = { description, enabled };
    return this.caller.call({ method: 'POST', path, body, answer: hmsRoom, repeatable: true, signal });
  }

  getTemplate(templateId: string, signal?: AbortSignal): Promise<HmsTemplate> {
    return this.get(`/templates/${encodeURIComponent(templateId)}`, hmsTemplate, signal);
  }

  listTemplates(signal?: AbortSignal): AsyncIterable<HmsTemplate> {
    return this.list('/templates', hmsTemplate, {}, signal);
  }

  private get<T extends z.ZodType>(path: string, answer: T, signal?: AbortSignal): Promise<z.output<T>> {
    return this.caller.call({ method: 'GET', path, answer, repeatable: true, signal });
  }

  /** Asks for page after page, as they are wanted. A page may name a next one and there be none. */
  private async *list<T extends z.ZodType>(
    path: string,
    item: T,
    filter: Readonly<Record<string, string | undefined>>,
    signal?: AbortSignal,
  ): AsyncGenerator<z.output<T>, void> {
    let start: string | undefined;
    do {
      const query = { ...filter, limit: PAGE, start };
      const answer = pageOf(item);
      const page = await this.caller.call({ method: 'GET', path, query, answer, repeatable: true, signal });
      yield* page.data as z.output<T>[];
      start = page.data.length < Number(PAGE) ? undefined : page.last;
    } while (start !== undefined);
  }
}
