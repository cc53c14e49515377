import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AppError } from '../../errors';

/** How long keys are taken as current, in milliseconds: so long a key that was withdrawn still opens. */
const FRESH_FOR = 10 * 60_000;
/** How long the last known keys stay usable while the provider is unreachable, in milliseconds. */
const KEPT_FOR = 24 * 3_600_000;
/**
 * Keys are asked for at most once in this time, in milliseconds, whether that went well or not: tokens that name keys
 * which do not exist cost nothing to make.
 */
const WINDOW = 10_000;
const ANSWER_WITHIN = 3_000;
const LARGEST_ANSWER = 256 * 1_024;

interface Kept {
  readonly find: JWTVerifyGetKey;
  readonly at: number;
}

/**
 * The public keys of a login provider (RFC 7517), remembered. A token that names a key which is not among them causes
 * one refresh per window. jose's own remote set asks again at each token while the provider is away, and drops
 * good keys then; hence this one.
 *
 * The function throws AppError UNAVAILABLE where there are no keys to go by.
 *
 * @param elapsedMs milliseconds from any beginning, never set back: a wall clock that is would keep withdrawn keys
 */
export function openKeySet(url: string, elapsedMs: () => number): JWTVerifyGetKey {
  let kept: Kept | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  const refresh = (): Promise<void> => {
    const at = elapsedMs();
    if (asking || at - askedAt < WINDOW) return asking ?? Promise.resolve();
    askedAt = at;
    asking = fetchKeys(url)
      .then((keys) => {
        kept = { find: createLocalJWKSet(keys), at };
      })
      // The last known keys stay in use until they are too old; then callers receive the error.
      .catch(() => undefined)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const usable = (): Kept => {
    if (kept && elapsedMs() - kept.at < KEPT_FOR) return kept;
    throw new AppError(
      'UNAVAILABLE',
      'The keys with which logins are checked cannot be had just now; try again.',
      {
        retryAfter: WINDOW / 1_000,
      },
    );
  };

  return async (header, token) => {
    if (!kept || elapsedMs() - kept.at >= FRESH_FOR) await refresh();
    try {
      return await usable().find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      return usable().find(header, token);
    }
  };
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  if (!response.ok || !response.body) throw new Error(`the keys of ${new URL(url).host}: ${response.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.byteLength;
    if (size > LARGEST_ANSWER) throw new Error(`the keys of ${new URL(url).host}: too large`);
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString()) as JSONWebKeySet;
}
