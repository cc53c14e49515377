import type { RoomWebhook } from '../rooms/room';

/** An event on its way, or what became of it. */
export interface Delivery {
  /** The id of the event itself, the same with every attempt and every replay. */
  readonly id: string;
  readonly room_id: string;
  readonly type: string;
  readonly at: string;
  readonly envelope: Readonly<Record<string, unknown>>;
  /** Undefined: the workspace's target at the time of sending. */
  readonly target?: RoomWebhook;
  readonly status: 'pending' | 'success' | 'failed';
  readonly attempts: number;
  readonly error_reason?: string;
}

/** What became of one attempt. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };
