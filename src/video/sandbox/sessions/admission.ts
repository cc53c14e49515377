import type { Room } from '../rooms/room';
import type { Role } from '../templates/template';
import type { Running } from './running';

/** Why a join is refused: the client's message and status, and the reason in `peer.join.failure`. */
export interface Refusal {
  readonly status: number;
  readonly toClient: string;
  readonly toServer: string;
}

/** @param isKnown whether the peer's id was ever used */
export function whyRefused(
  room: Room,
  role: Role | undefined,
  { running, isKnown }: { running: Running; isKnown: boolean },
): Refusal | undefined {
  if (!role) return { status: 400, toClient: 'role is invalid', toServer: 'role not allowed' };
  if (!room.enabled) return same(403, 'room is not active');
  if (isKnown) return { status: 400, toClient: 'peer already joined', toServer: 'duplicate peer id' };
  if (isFull(role, running, room.id)) return same(403, 'role limit reached');
  if (room.size && running.count(room.id) >= room.size) return same(403, 'room size limit reached');
  return undefined;
}

/** A `maxPeerCount` of 0 is no limit, and -1 lets no peer in. */
export function isFull({ name, maxPeerCount }: Role, running: Running, roomId: string): boolean {
  if (maxPeerCount === 0) return false;
  return running.peers(roomId).filter(({ role }) => role === name).length >= maxPeerCount;
}

function same(status: number, words: string): Refusal {
  return { status, toClient: words, toServer: words };
}
