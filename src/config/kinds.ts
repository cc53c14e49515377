import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { isLoopback } from './loopback';

/**
 * The kinds of value that a variable may hold. Each is a zod schema from the text of the environment to the
 * value that the program uses; its one message completes the sentence "NAME must be …".
 */

export function wholeNumber(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error });
}

export function oneOf<const Choices extends readonly [string, ...string[]]>(...choices: Choices) {
  return z.enum(choices, { error: `one of ${choices.join(', ')}` });
}

export const anyText = z.string();

export function textLike(pattern: RegExp, error: string) {
  return z.string().regex(pattern, { error });
}

export function textOfAtLeast(bytes: number) {
  return z.string().refine((text) => Buffer.byteLength(text) >= bytes, { error: `${bytes} bytes or more` });
}

/** Comma-separated entries, each of which `isGood`. Empty entries (`a,,b`) are refused: they are slips. */
export function listOf(isGood: (entry: string) => boolean, error: string) {
  return z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(isGood), { error });
}

/** The base address of a service that is sent secrets: https, or plain http only to this machine. */
export const serviceAddress = z
  .string()
  .refine((text) => isServiceAddress(text), {
    error: 'an https address without credentials, query or fragment (plain http only to a loopback address)',
  })
  .transform((text) => text.replace(/(?<!\/)\/+$/, ''));

/** The address of a set of keys. Some providers tell theirs apart by a query. */
export const keySetAddress = z.string().refine((text) => isSafeAddress(text), {
  error: 'an https address without credentials or fragment (plain http only to a loopback address)',
});

function isServiceAddress(text: string): boolean {
  return isSafeAddress(text) && new URL(text).search === '';
}

/** An address whose traffic cannot be read or answered by a third party. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password || hash) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** `203.0.113.7`, `2001:db8::1`, or a block of them such as `198.51.100.0/24`. */
export function isAddressBlock(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return (
    most > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/** An origin exactly as a browser sends it: scheme, host, and the port where it is not the scheme's own. */
export function isExactOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}
