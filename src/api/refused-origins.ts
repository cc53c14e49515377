import type { Logger } from '../observability/logger';

/** Called with a refused `Origin` and the `Host` that the request was sent to. */
export type WarnOfOrigin = (origin: string, host: string | undefined) => void;

/** Bounds: a client that is no browser may send any number of origins, of any length. */
const MAX_ORIGINS = 100;
const MAX_ORIGIN_CHARACTERS = 200;

/** Logs one warning for each refused origin, however often it comes: most often it is missing in CORS_ORIGINS. */
export function warnOfRefusedOrigins(logger: Logger): WarnOfOrigin {
  const warned = new Set<string>();
  return (origin, host) => {
    const shortened = origin.slice(0, MAX_ORIGIN_CHARACTERS);
    if (warned.has(shortened) || warned.size >= MAX_ORIGINS) return;
    warned.add(shortened);
    logger.warn(
      { origin: shortened, host: host?.slice(0, MAX_ORIGIN_CHARACTERS) },
      'origin refused: list it in CORS_ORIGINS if it is one of yours',
    );
  };
}
