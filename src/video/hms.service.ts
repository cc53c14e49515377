import { setTimeout as pause } from 'node:timers/promises';
import { type Meter, silentMeter } from '../figures';
import type { Traces } from '../spans';
import { HmsActiveRooms } from './calls/active-rooms';
import { HmsAnalytics } from './calls/analytics';
import { HmsExternalStreams } from './calls/external-streams';
import { HmsLiveStreams } from './calls/live-streams';
import { HmsPolls } from './calls/polls';
import { HmsRecordingAssets, HmsRecordings } from './calls/recordings';
import { HmsRoomCodes } from './calls/room-codes';
import { HmsRooms } from './calls/rooms';
import { HmsSessions } from './calls/sessions';
import { HmsSip } from './calls/sip';
import { HmsStreamKeys } from './calls/stream-keys';
import { HmsTemplates } from './calls/templates';
import { HmsVerbs } from './calls/verbs';
import { HmsCaller } from './hms.call';
import { type HmsKeys, HmsTokens } from './hms.tokens';

export type { HmsPeer } from './calls/active-rooms';
export type { HmsRoom } from './calls/rooms';

export interface HmsServiceOptions {
  /** With its `/v2`, without a slash at the end. */
  readonly apiUrl: string;
  /** The same, for the exchange of room codes; by default `apiUrl`. */
  readonly authUrl?: string;
  readonly keys: HmsKeys;
  readonly now?: () => Date;
  readonly fetch?: typeof fetch;
  /** Waits between attempts, in milliseconds. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** In milliseconds: one attempt (4 s), and all of them with their pauses (10 s). */
  readonly attemptWithin?: number;
  readonly answerWithin?: number;
  /** Failures in a row after which 100ms is left alone (10), and for how many milliseconds (10 s). */
  readonly breakAfter?: number;
  readonly leaveAloneFor?: number;
  readonly meter?: Meter;
  readonly traces?: Traces | undefined;
}

/**
 * The REST API of 100ms, version 2: everything that its documentation has, by subject, and under names of their own
 * the calls that Rollcall lives on. Every method throws `HmsError`: UPSTREAM_REJECTED where 100ms said no,
 * UPSTREAM_UNAVAILABLE where it gave no usable answer within 10 s in at most three attempts. The last parameter is
 * always a signal that ends the call, which then throws the signal's reason.
 */
export class HmsService {
  private readonly caller: HmsCaller;
  readonly tokens: HmsTokens;
  readonly rooms: HmsRooms;
  readonly activeRooms: HmsActiveRooms;
  readonly roomCodes: HmsRoomCodes;
  readonly sessions: HmsSessions;
  readonly templates: HmsTemplates;
  readonly recordings: HmsRecordings;
  readonly recordingAssets: HmsRecordingAssets;
  readonly liveStreams: HmsLiveStreams;
  readonly externalStreams: HmsExternalStreams;
  readonly streamKeys: HmsStreamKeys;
  readonly polls: HmsPolls;
  readonly sip: HmsSip;
  readonly analytics: HmsAnalytics;

  constructor({ apiUrl, authUrl = apiUrl, keys, now = () => new Date(), ...options }: HmsServiceOptions) {
    this.tokens = new HmsTokens(keys, { now });
    const caller = new HmsCaller({
      meter: options.meter ?? silentMeter,
      traces: options.traces,
      apiUrl,
      authUrl,
      now,
      tokens: this.tokens,
      fetch: options.fetch ?? fetch,
      pause: options.pause ?? ((ms, signal) => pause(ms, undefined, signal ? { signal } : {})),
      attemptWithin: options.attemptWithin ?? 4_000,
      answerWithin: options.answerWithin ?? 10_000,
      breakAfter: options.breakAfter ?? 10,
      leaveAloneFor: options.leaveAloneFor ?? 10_000,
    });
    this.caller = caller;
    const verbs = new HmsVerbs(caller);
    this.rooms = new HmsRooms(verbs);
    this.activeRooms = new HmsActiveRooms(verbs);
    this.roomCodes = new HmsRoomCodes(verbs);
    this.sessions = new HmsSessions(verbs);
    this.templates = new HmsTemplates(verbs);
    this.recordings = new HmsRecordings(verbs);
    this.recordingAssets = new HmsRecordingAssets(verbs);
    this.liveStreams = new HmsLiveStreams(verbs);
    this.externalStreams = new HmsExternalStreams(verbs);
    this.streamKeys = new HmsStreamKeys(verbs);
    this.polls = new HmsPolls(verbs);
    this.sip = new HmsSip(verbs);
    this.analytics = new HmsAnalytics(verbs);
  }

  /** Whether 100ms is left alone just now, because it did not answer for a while. */
  get isLeftAlone(): boolean {
    return this.caller.isLeftAlone;
  }

  /** Whether 100ms rejected the access key or the app secret when it was last called. */
  get rejectsKeys(): boolean {
    return this.caller.rejectsKeys;
  }

  readonly createRoom: HmsRooms['create'] = (...given) => this.rooms.create(...given);
  readonly getRoom: HmsRooms['get'] = (...given) => this.rooms.get(...given);
  readonly listRooms: HmsRooms['list'] = (...given) => this.rooms.list(...given);
  readonly updateRoom: HmsRooms['update'] = (...given) => this.rooms.update(...given);
  readonly activePeers: HmsActiveRooms['peers'] = (...given) => this.activeRooms.peers(...given);
  readonly removePeers: HmsActiveRooms['removePeers'] = (...given) => this.activeRooms.removePeers(...given);
  readonly endRoom: HmsActiveRooms['end'] = (...given) => this.activeRooms.end(...given);
  readonly getTemplate: HmsTemplates['get'] = (...given) => this.templates.get(...given);
  readonly listTemplates: HmsTemplates['list'] = (...given) => this.templates.list(...given);
  readonly listWebhookEvents: HmsAnalytics['webhookEvents'] = (...given) =>
    this.analytics.webhookEvents(...given);
  readonly replayWebhooks: HmsAnalytics['replay'] = (...given) => this.analytics.replay(...given);
}
