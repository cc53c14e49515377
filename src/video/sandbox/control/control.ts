import { HmsTokens } from '../../hms.tokens';
import { ApiError } from '../api-error';
import { type ApiFault, ApiFaults } from '../faults';
import type { PollResponse, PollSession } from '../polls/poll';
import type { Answering, Polls } from '../polls/polls';
import type { RateLimits } from '../rate-limits';
import type { RoomWebhook } from '../rooms/room';
import type { Attendance, Joining } from '../sessions/attendance';
import type { LostBy, Peer } from '../sessions/session';
import type { WebhookChoices } from '../webhooks/choices';
import type { Delivery, Outcome } from '../webhooks/delivery';
import type { WebhookFaults } from '../webhooks/webhook-faults';
import type { Webhooks } from '../webhooks/webhooks';
import type { Workspace } from '../workspace';

/** Who joins without a token at hand: the sandbox mints one. */
export interface Admitted extends Omit<Joining, 'token'> {
  readonly roomId: string;
  readonly userId: string;
  readonly role: string;
}

export interface ControlParts {
  readonly workspace: Workspace;
  readonly attendance: Attendance;
  readonly webhooks: Webhooks;
  readonly polls: Polls;
  readonly apiFaults: ApiFaults;
}

/** What people, networks and the dashboard do at 100ms, and no call of its API can: for tests, and for `/__sandbox`. */
export class SandboxControl {
  constructor(private readonly parts: ControlParts) {}

  /** Where webhooks go, as on the dashboard; kept over restarts. Undefined: nowhere. */
  setWebhook(target: RoomWebhook | undefined): void {
    this.parts.workspace.settings.setWebhook(target);
  }

  /** How often may be called; kept over restarts, in place of those before. */
  setRateLimits(limits: RateLimits): void {
    this.parts.workspace.settings.setRateLimits(limits);
  }

  /** @throws ApiError with what a client SDK would be told */
  join(who: Joining | Admitted): Peer {
    return this.parts.attendance.join('token' in who ? who : { ...who, token: this.tokenFor(who) });
  }

  leave(peerId: string): void {
    this.parts.attendance.leave(peerId);
  }

  /** The connection is lost without a close frame, which 100ms notices after 60 s. */
  drop(peerId: string, by: LostBy = 'websocket closed'): void {
    this.parts.attendance.lose(peerId, by);
  }

  /** Back in time. */
  comeBack(peerId: string): void {
    this.parts.attendance.returned(peerId);
  }

  /** @param by the id of the peer that asks for it; without, as by the server API */
  changeRole(peerId: string, role: string, by?: string): Peer {
    return this.parts.attendance.update(peerId, { role }, by);
  }

  kick(peerId: string, message = ''): void {
    const peer = this.wanted(peerId);
    this.parts.attendance.kick(({ id }) => id === peerId, peer.room_id, message);
  }

  /** @param by the id of the peer that ends it; without, as by the server API */
  endRoom(
    roomId: string,
    { lock = false, reason = '', by }: { lock?: boolean; reason?: string; by?: string } = {},
  ) {
    const peer = by === undefined ? undefined : this.wanted(by);
    this.parts.attendance.end(roomId, { lock, reason, by: peer });
  }

  /** In the session that is running in the room. One that starts by itself does so with the session. */
  startPoll(pollId: string, roomId: string): PollSession {
    return this.parts.polls.start(pollId, roomId);
  }

  /** Without options and text the question is skipped. */
  answerPoll(pollId: string, answering: Answering): PollResponse {
    return this.parts.polls.answer(pollId, answering);
  }

  /** The truth about who is in a room, lost connections that 100ms has not noticed included. */
  present(roomId: string): readonly Peer[] {
    return this.parts.attendance.running.peers(roomId);
  }

  /** In place of those before. */
  setApiFaults(faults: readonly ApiFault[], seed?: number): void {
    this.parts.apiFaults.set(faults, seed);
  }

  /** In place of those before. */
  setWebhookFaults(faults: WebhookFaults): void {
    this.parts.webhooks.setFaults(faults);
  }

  /** What the documentation leaves open, either way. In place of what was chosen before. */
  choose(choices: WebhookChoices): void {
    this.parts.webhooks.choose(choices);
  }

  /** The dashboard's test event, with placeholders for times. */
  sendTestEvent(): Promise<Outcome> {
    return this.parts.webhooks.sendTestEvent();
  }

  /** What became of the webhooks of a room, oldest first. */
  deliveries(roomId: string): readonly Delivery[] {
    return this.parts.workspace.deliveries
      .all()
      .reverse()
      .filter(({ room_id }) => room_id === roomId);
  }

  /** Resolves when no webhook is on its way any more: delivered, or given up. */
  settled(): Promise<void> {
    return this.parts.webhooks.settled();
  }

  private tokenFor({ roomId, userId, role }: Admitted): string {
    const { account, clock } = this.parts.workspace;
    const tokens = new HmsTokens(account.keys, { now: clock.now });
    return tokens.authToken({ roomId, userId, role, ttlSeconds: 3_600 }).token;
  }

  private wanted(peerId: string): Peer {
    const found = this.parts.workspace.peers.get(peerId);
    if (!found || found.left_at !== undefined) throw new ApiError(404, 'peer not found', ['not found']);
    return found;
  }
}
