import { AppError } from '../../errors';

/** Levels of a document. The parser and the rules call themselves for each, and the stack holds some thousands of calls. */
const MOST_LEVELS = 500;
const opening = new Set('{[('.split('').map((sign) => sign.charCodeAt(0)));
const closing = new Set('}])'.split('').map((sign) => sign.charCodeAt(0)));

/**
 * The refusal of a document that nests more deeply than it can be read, found before anything reads it. Braces in strings count,
 * too: no real document leaves hundreds of them open.
 */
export function tooNested(query: string): AppError | undefined {
  if (query.length <= MOST_LEVELS) return undefined;
  let level = 0;
  for (let at = 0; at < query.length; at += 1) {
    const sign = query.charCodeAt(at);
    if (opening.has(sign)) level += 1;
    else if (closing.has(sign)) level -= 1;
    if (level > MOST_LEVELS) {
      return new AppError('QUERY_TOO_COMPLEX', `This document nests more than ${MOST_LEVELS} levels deep.`);
    }
  }
  return undefined;
}
