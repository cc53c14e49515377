import { createHash } from 'node:crypto';

/** Longest id that is kept as it is, in UTF-16 units: 100ms's own have at most 36, and those of users 128. */
const MAX_ID_LENGTH = 256;
/** Longest name or role, in characters. */
const MAX_TEXT_LENGTH = 256;

/**
 * Returns an id from outside as it can be stored, sent and compared: one that is too long, or that is no well-formed text (databases
 * would replace half of a surrogate pair), becomes its digest. Different ids stay different.
 */
export function boundedId(id: string): string {
  if (id.length <= MAX_ID_LENGTH && id.isWellFormed()) return id;
  return `sha256:${createHash('sha256').update(id, 'utf16le').digest('hex')}`;
}

/** Returns a text that people read, cut to a sane length and well-formed. */
export function boundedText(text: string): string {
  // An emoji is two units: the first cut keeps the second one cheap for any input.
  const characters = [...text.slice(0, 2 * MAX_TEXT_LENGTH)];
  return characters.slice(0, MAX_TEXT_LENGTH).join('').toWellFormed();
}
