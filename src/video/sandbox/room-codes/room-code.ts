import { randomInt } from 'node:crypto';

export interface RoomCode {
  /** The code itself. */
  readonly id: string;
  readonly room_id: string;
  readonly role: string;
  readonly enabled: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Ten letters as `abc-defg-hij`. */
export function newCode(): string {
  const letters = Array.from({ length: 10 }, () => String.fromCharCode(97 + randomInt(26))).join('');
  return `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
}

export function shownCode({ id, ...rest }: RoomCode): object {
  return { code: id, ...rest };
}
