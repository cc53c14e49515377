import { z } from 'zod';
import type { FieldProblem } from '../errors';
import { boundedId, boundedText } from './bounds';
import { readTimestamp } from './timestamps';

/** A webhook of 100ms, of a type known or not. */
export interface HmsEvent {
  /** The same for every delivery of the event, as far as is known; replays included. */
  readonly id: string;
  readonly type: string;
  readonly accountId?: string | undefined;
  readonly appId?: string | undefined;
  /** Undefined where 100ms sent no readable one, as its dashboard's test event does. */
  readonly timestamp?: Date | undefined;
  readonly isReplay: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

const text = z.string('must be a text').min(1, 'must not be empty');
const optionalText = z.string().nullish().catch(undefined);

/** What every webhook has; what is in `data` depends on its type. */
export const webhookEnvelope = z.object({
  id: text,
  type: text,
  data: z.record(z.string(), z.unknown(), 'must be an object'),
  account_id: optionalText,
  app_id: optionalText,
  timestamp: z.unknown().optional(),
  is_replay: z.unknown().optional(),
});

/**
 * Reads a webhook's envelope and takes everything but its id, type and data as it comes: the documentation's own
 * samples differ in the rest.
 */
export function parseEnvelope(
  body: unknown,
): { ok: true; event: HmsEvent } | { ok: false; problems: FieldProblem[] } {
  const parsed = webhookEnvelope.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'body',
      rule: path.length === 0 ? 'must be a JSON object' : message,
    }));
    return { ok: false, problems };
  }
  const { id, type, data, account_id, app_id, timestamp, is_replay } = parsed.data;
  const event: HmsEvent = {
    id,
    type,
    accountId: account_id ?? undefined,
    appId: app_id ?? (typeof data['app_id'] === 'string' ? data['app_id'] : undefined),
    timestamp: readTimestamp(timestamp),
    // The documentation does not say where it stands.
    isReplay: is_replay === true || data['is_replay'] === true,
    data,
  };
  return { ok: true, event };
}

interface OfSession {
  readonly roomId: string;
  readonly sessionId: string;
}

interface OfPeer extends OfSession {
  readonly peerId: string;
  readonly userId: string;
  readonly userName?: string | undefined;
  readonly role?: string | undefined;
}

/** What an event says about who is in a room. */
export type PresenceNotice =
  | (OfPeer & { readonly kind: 'peer.joined'; readonly joinedAt: Date })
  | (OfPeer & {
      readonly kind: 'peer.left';
      /** 100ms repeats it with the leave, so that a lost join does no harm. */
      readonly joinedAt?: Date | undefined;
      readonly leftAt: Date;
      readonly reason?: string | undefined;
      /** The connection was lost rather than closed; 100ms notices that about a minute late. */
      readonly abrupt: boolean;
    })
  | (OfPeer & {
      readonly kind: 'role.changed';
      /** The new one. */
      readonly role: string;
      readonly changedAt: Date;
      readonly joinedAt?: Date | undefined;
    })
  | (OfSession & { readonly kind: 'room.ended'; readonly endedAt: Date; readonly locked: boolean })
  | (OfSession & { readonly kind: 'session.opened'; readonly startedAt: Date })
  | (OfSession & { readonly kind: 'session.closed'; readonly stoppedAt: Date });

const lostConnection = new Set(['websocket closed', 'ice connection state closed']);

/**
 * The facts of the six events that change presence. Undefined for all others, and where an id is missing without
 * which nothing can be said. Where a time is missing, the envelope's stands in for it, then the time of arrival.
 */
export function presenceNotice(event: HmsEvent, receivedAt: Date): PresenceNotice | undefined {
  const { type, data } = event;
  const string = (name: string) =>
    typeof data[name] === 'string' && data[name] !== '' ? data[name] : undefined;
  const bounded = (name: string, bound: (value: string) => string) => {
    const value = string(name);
    return value === undefined ? undefined : bound(value);
  };
  const idOf = (name: string) => bounded(name, boundedId);
  const textOf = (name: string) => bounded(name, boundedText);
  const at = (name: string) => readTimestamp(data[name]) ?? readTimestamp(event.timestamp) ?? receivedAt;
  const roomId = string('room_id');
  const sessionId = idOf('session_id');
  if (roomId === undefined || sessionId === undefined) return undefined;
  const session = { roomId, sessionId };
  if (type === 'session.open.success')
    return { kind: 'session.opened', ...session, startedAt: at('session_started_at') };
  if (type === 'session.close.success')
    return { kind: 'session.closed', ...session, stoppedAt: at('session_stopped_at') };

  if (type === 'room.end.success')
    return { kind: 'room.ended', ...session, endedAt: at('ended_at'), locked: data['lock_room'] === true };

  const peerId = idOf('peer_id');
  if (peerId === undefined) return undefined;
  // 100ms lets a client join without a user id; such a peer is a user of its own.
  const userId = idOf('user_id') ?? peerId;
  const peer = { ...session, peerId, userId, userName: textOf('user_name'), role: textOf('role') };
  if (type === 'peer.join.success') return { kind: 'peer.joined', ...peer, joinedAt: at('joined_at') };
  if (type === 'role.change.success' && peer.role !== undefined) {
    const changed = { changedAt: at('role_changed_at'), joinedAt: readTimestamp(data['joined_at']) };
    return { kind: 'role.changed', ...peer, role: peer.role, ...changed };
  }
  if (type !== 'peer.leave.success') return undefined;
  const reason = string('reason');
  return {
    kind: 'peer.left',
    ...peer,
    joinedAt: readTimestamp(data['joined_at']),
    leftAt: at('left_at'),
    reason,
    abrupt: reason !== undefined && lostConnection.has(reason),
  };
}

/** Every type in the documentation of 100ms; one page of it says `transcription.failed` for `transcription.failure`. */
export const documentedTypes: ReadonlySet<string> = new Set(
  [
    'session.open.success session.close.success room.end.success room.end.failure',
    'peer.join.success peer.join.failure peer.leave.success peer.leave.failure',
    'role.change.success role.change.failure',
    'track.recording.started.success track.recording.success track.recording.failure',
    'stream.recording.success stream.recording.failure recording.success recording.failed',
    'beam.started.success beam.stopped.success beam.recording.success beam.failure',
    'hls.started.success hls.stopped.success hls.recording.success hls.failure',
    'transcription.started.success transcription.success transcription.failure transcription.failed',
    'ingest.start.success ingest.end.success ingest.start.failure ingest.failure',
  ].flatMap((line) => line.split(' ')),
);
