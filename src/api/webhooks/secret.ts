import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether `given` is one of the secrets, in a time that tells nothing of how near it came: what is compared are
 * digests, of one length, and all of them.
 */
export function isOneOf(secrets: readonly string[], given: string): boolean {
  const hashed = digest(given);
  return secrets.map((secret) => timingSafeEqual(digest(secret), hashed)).includes(true);
}
