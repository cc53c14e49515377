/**
 * A moment as 100ms writes it: RFC 3339 with 0 to 9 digits of fraction, cut to milliseconds here. Undefined for what
 * is missing: Go's zero time, which 100ms sends for "not set", and placeholders such as `20XX-…`.
 */
export function readTimestamp(value: unknown): Date | undefined {
  if (!(typeof value === 'string' || value instanceof Date)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 1 ? undefined : date;
}
