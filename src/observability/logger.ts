import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Members whose values let somebody in. They are cut wherever they stand, one level down included. */
const secrets = ['authorization', 'cookie', 'token', 'secret', 'password', 'accessKey', 'appSecret'];

/** One JSON line per event on standard error, so that standard output is the banner's alone. */
export function openLogger(level: string): Logger {
  return pino(
    {
      level,
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
