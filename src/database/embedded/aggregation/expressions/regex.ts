import { type Document, Regex, type Value } from '../../bson/types';
import { compileRegex } from '../../query/regex';
import { ServerError } from '../../server-error';
import { fromNamed, isNothing, type Named } from './operands';
import type { ReadOperator } from './reader';

interface Search {
  text: string;
  regex: RegExp;
}

/** Undefined where there is nothing to search in or for. */
function readSearch(name: string, { input, regex, options }: Named): Search | undefined {
  if (!isNothing(input) && typeof input !== 'string') {
    throw new ServerError(51104, `${name} needs 'input' to be of type string`);
  }
  if (!isNothing(regex) && typeof regex !== 'string' && !(regex instanceof Regex)) {
    throw new ServerError(51105, `${name} needs 'regex' to be of type string or regex`);
  }
  if (!isNothing(options) && typeof options !== 'string') {
    throw new ServerError(51106, `${name} needs 'options' to be of type string`);
  }
  if (regex instanceof Regex && regex.options !== '' && !isNothing(options)) {
    throw new ServerError(
      51107,
      `${name}: found regex option(s) specified in both 'regex' and 'option' fields`,
    );
  }
  if (isNothing(regex)) return undefined;
  const pattern = typeof regex === 'string' ? regex : regex.pattern;
  if (pattern.includes('\0')) {
    throw new ServerError(51109, `${name}: regular expression cannot contain an embedded null byte`);
  }
  const flags = (options as string | undefined | null) ?? (regex instanceof Regex ? regex.options : '');
  const compiled = compileRegex(pattern, flags);
  return isNothing(input) ? undefined : { text: input as string, regex: compiled };
}

function found(match: RegExpMatchArray): Document {
  const before = match.input?.slice(0, match.index) ?? '';
  const captures = match.slice(1).map((capture): Value => capture ?? null);
  return new Map<string, Value>([
    ['match', match[0]],
    ['idx', [...before].length],
    ['captures', captures],
  ]);
}

function searching(name: string, answer: (search: Search | undefined) => Value): ReadOperator {
  const names = {
    required: ['input', 'regex'],
    optional: ['options'],
    codes: { notObject: 51103, unknown: 31024, missing: [31022, 31023] },
  };
  return fromNamed(name, names, (values) => answer(readSearch(name, values)));
}

export const regexes: readonly [string, ReadOperator][] = [
  ['$regexMatch', searching('$regexMatch', (search) => search?.regex.test(search.text) ?? false)],
  [
    '$regexFind',
    searching('$regexFind', (search) => {
      const match = search?.text.match(search.regex);
      return match ? found(match) : null;
    }),
  ],
  [
    '$regexFindAll',
    searching('$regexFindAll', (search) => {
      if (!search) return [];
      const everywhere = new RegExp(search.regex.source, `${search.regex.flags}g`);
      return [...search.text.matchAll(everywhere)].map(found);
    }),
  ],
];
