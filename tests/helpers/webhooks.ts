import { randomUUID } from 'node:crypto';

/** A webhook as 100ms posts it. */
export interface Webhook {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** The app that the sample sessions are of; a service takes them for its own with `HMS_APP_ID`. */
export const SAMPLE_APP = '5ff5881b80b66969e1fb35f6';

/** Nanoseconds, as 100ms writes moments. */
function moment(at: string | Date): string {
  return new Date(at).toISOString().replace('Z', '291247Z');
}

/**
 * Events with the members of the samples in 100ms's documentation ("Webhook Events"): `app_id` stands in those of
 * sessions and not in those of peers, and all times have nine digits of fraction.
 */
export class SampleSession {
  readonly sessionId = randomUUID().replaceAll('-', '').slice(0, 24);

  constructor(
    readonly roomId: string,
    readonly startedAt: Date = new Date(),
  ) {}

  opened(): Webhook {
    return {
      ...this.envelope('session.open.success'),
      app_id: SAMPLE_APP,
      data: this.common(),
    };
  }

  closed(at: Date = new Date()): Webhook {
    const data = { ...this.common(), session_duration: 600, session_stopped_at: moment(at) };
    return { ...this.envelope('session.close.success'), app_id: SAMPLE_APP, data };
  }

  /** By somebody inside, for everybody. */
  ended(at: Date = new Date()): Webhook {
    const data = { ...this.common(), lock_room: false, reason: '', source: 'peer' };
    return { ...this.envelope('room.end.success', at), data };
  }

  peer(userId: string, role = 'guest', peerId: string = randomUUID()): SamplePeer {
    return new SamplePeer(this, { userId, role, peerId });
  }

  envelope(type: string, at: Date = new Date()) {
    return {
      version: '2.0',
      id: randomUUID(),
      account_id: '5ff5881b80b66969e1fb35f4',
      timestamp: at.toISOString().replace(/\.\d+/, ''),
      type,
    };
  }

  common() {
    return {
      room_id: this.roomId,
      room_name: 'test room',
      session_id: this.sessionId,
      template_id: '66112497abcd52312556c4ff',
      session_started_at: moment(this.startedAt),
    };
  }
}

/** One peer of a session, and what 100ms says of it. */
export class SamplePeer {
  constructor(
    private readonly session: SampleSession,
    private readonly who: { userId: string; role: string; peerId: string },
  ) {}

  joined(at: Date = this.session.startedAt): Webhook {
    return {
      ...this.session.envelope('peer.join.success'),
      data: { ...this.common(), joined_at: moment(at) },
    };
  }

  left(reason = 'client request', at: Date = new Date()): Webhook {
    const data = {
      ...this.common(),
      joined_at: moment(this.session.startedAt),
      left_at: moment(at),
      duration: 60,
      reason,
      message: '',
    };
    return { ...this.session.envelope('peer.leave.success'), data };
  }

  changedRole(role: string, at: Date = new Date()): Webhook {
    const data = {
      ...this.common(),
      joined_at: moment(this.session.startedAt),
      previous_role: this.who.role,
      role,
      role_changed_at: moment(at),
    };
    return { ...this.session.envelope('role.change.success'), data };
  }

  private common() {
    const { userId, role, peerId } = this.who;
    return {
      ...this.session.common(),
      peer_id: peerId,
      user_id: userId,
      user_name: `${userId} by name`,
      user_data: '',
      role,
    };
  }
}

/** Posts what 100ms would. */
export function deliver(
  url: string,
  webhook: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/webhooks/100ms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof webhook === 'string' ? webhook : JSON.stringify(webhook),
  });
}
