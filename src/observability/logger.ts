import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config';
import { standardError } from './standard-error';
import { unseen } from './unseen';

export type { Logger } from 'pino';

/**
 * One JSON line per event on standard error, so that standard output is the banner's alone. Credentials are redacted
 * of it, wherever it stands.
 */
export function openLogger(config: Config, destination: DestinationStream = standardError()): Logger {
  return pino({ level: config.logLevel, hooks: { streamWrite: unseen(secretsOf(config)) } }, destination);
}

/** Every secret that the service itself holds; service keys are held as digests alone. */
function secretsOf({ hms, webhook, access }: Config): string[] {
  const login = access.mode === 'logins' && access.users.by === 'secret' ? [access.users.secret] : [];
  return [...(hms.keys ? [hms.keys.accessKey, hms.keys.secret] : []), ...webhook.secrets, ...login];
}
