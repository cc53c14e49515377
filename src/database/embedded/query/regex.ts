import { badValue, leftOut, ServerError } from '../server-error';

const compiled = new Map<string, RegExp>();

/**
 * The JavaScript form of a regular expression as a MongoDB server reads it (PCRE2, UTF-8). What differs is rewritten;
 * what JavaScript cannot do is refused. Never global or sticky: test() has no memory.
 *
 * @param flags any of `i m s x u`
 */
export function compileRegex(pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  let regex = compiled.get(key);
  if (!regex) {
    // A filter is used again and again with few patterns; a flood of different ones must not fill the memory.
    if (compiled.size > 500) compiled.clear();
    regex = translate(pattern, flags);
    compiled.set(key, regex);
  }
  return regex;
}

function translate(pattern: string, flags: string): RegExp {
  for (const flag of flags) {
    if (!'imsxu'.includes(flag)) throw new ServerError(51108, ` invalid flag in regex options: ${flag}`);
  }
  if (pattern.includes('\0')) throw badValue('Regular expression cannot contain an embedded null byte');
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const all = flags + (inline?.[1] ?? '');
  const body = new PatternReader(inline ? pattern.slice(inline[0].length) : pattern, all).read();
  try {
    return new RegExp(body, all.includes('i') ? 'iu' : 'u');
  } catch (error) {
    throw new ServerError(51091, `Regular expression is invalid: ${reasonOf(error as Error)}`);
  }
}

function reasonOf(error: Error): string {
  const reason = error.message.replace(/^.*: /, '').toLowerCase();
  if (reason === 'unterminated group') return 'missing closing parenthesis';
  return reason === 'nothing to repeat' ? 'quantifier does not follow a repeatable item' : reason;
}

const posixClasses: Record<string, string> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\v\\f\\r',
  punct: '!-\\/:-@\\[-`\\{-~',
  xdigit: '0-9a-fA-F',
  word: '\\w',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  print: '\\x20-\\x7e',
  graph: '\\x21-\\x7e',
};

/** Escapes that mean the same to both. */
const sharedEscapes = 'bBdDwWnrtfv0123456789';
const syntax = '^$\\.*+?()[]{}|/';
const SPACE = ' \\t\\n\\v\\f\\r';

class PatternReader {
  private at = 0;
  private out = '';
  constructor(
    private readonly pattern: string,
    private readonly flags: string,
  ) {}

  read(): string {
    while (this.at < this.pattern.length) this.token();
    return this.out;
  }

  private token(): void {
    const char = this.pattern[this.at] as string;
    const rest = this.pattern.slice(this.at);
    if (this.flags.includes('x') && /\s/.test(char)) {
      this.at += 1;
    } else if (this.flags.includes('x') && char === '#') {
      this.at += /^[^\n]*/.exec(rest)?.[0].length ?? 1;
    } else if (char === '\\') this.escape(false);
    else if (char === '[') this.characterClass();
    else if (char === '.') this.take(1, this.flags.includes('s') ? '[^]' : '[^\\n]');
    else if (char === '^') this.take(1, this.flags.includes('m') ? '(?<![^\\n])' : '^');
    // PCRE's $ also matches before a newline that ends the text.
    else if (char === '$') this.take(1, this.flags.includes('m') ? '(?![^\\n])' : '(?=\\n?(?![^]))');
    else if (char === '(') this.group(rest);
    else if (char === '{' && !/^\{\d+(,\d*)?\}/.test(rest)) this.take(1, '\\{');
    else if (char === '{') this.quantifier(/^\{[^}]*\}/.exec(rest)?.[0] ?? char);
    else if ('*+?'.includes(char)) this.quantifier(char);
    else if (char === '}' || char === ']') this.take(1, `\\${char}`);
    else this.take(1, char);
  }

  private take(length: number, text: string): void {
    this.at += length;
    this.out += text;
  }

  private quantifier(text: string): void {
    if (this.pattern[this.at + text.length] === '+') throw leftOut('a possessive quantifier in a regex', 2);
    this.take(text.length, text);
    if (this.pattern[this.at] === '?') this.take(1, '?');
  }

  private group(rest: string): void {
    if (rest.startsWith('(?P<')) this.take(4, '(?<');
    else if (rest.startsWith('(?#')) this.at += rest.indexOf(')') + 1 || rest.length;
    else {
      const known = /^\((\?(:|=|!|<=|<!|<[A-Za-z_]))?/.exec(rest)?.[0] ?? '(';
      if (known === '(' && rest[1] === '?') throw leftOut(`the regex group ${rest.slice(0, 4)}`, 2);
      if (rest.startsWith('(*')) throw leftOut('a verb in a regex', 2);
      this.take(known.length, known);
    }
  }

  private escape(inClass: boolean): void {
    const next = this.pattern[this.at + 1];
    if (next === undefined)
      throw new ServerError(51091, 'Regular expression is invalid: \\ at end of pattern');
    if (next === 's') this.take(2, inClass ? SPACE : `[${SPACE}]`);
    else if (next === 'S' && !inClass) this.take(2, `[^${SPACE}]`);
    else if (next === 'A' && !inClass) this.take(2, '(?<![^])');
    else if (next === 'z' && !inClass) this.take(2, '(?![^])');
    else if (next === 'Z' && !inClass) this.take(2, '(?=\\n?(?![^]))');
    else if (next === 'h') this.take(2, inClass ? ' \\t' : '[ \\t]');
    else if (next === 'Q') this.quoted(inClass);
    else if (next === 'x') this.hexadecimal();
    else if (next === 'p' || next === 'P') this.property();
    else if (next === 'k') this.take(2, '\\k');
    else if (sharedEscapes.includes(next)) this.take(2, `\\${next}`);
    else if (/[A-Za-z]/.test(next)) throw leftOut(`the regex escape \\${next}`, 2);
    else this.take(2, syntax.includes(next) || (inClass && next === '-') ? `\\${next}` : next);
  }

  private quoted(inClass: boolean): void {
    const end = this.pattern.indexOf('\\E', this.at + 2);
    const text = this.pattern.slice(this.at + 2, end < 0 ? undefined : end);
    const escaped = [...text]
      .map((c) => (syntax.includes(c) || (inClass && c === '-') ? `\\${c}` : c))
      .join('');
    this.take(end < 0 ? this.pattern.length : text.length + 4, escaped);
  }

  private hexadecimal(): void {
    const match = /^\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/.exec(this.pattern.slice(this.at));
    const digits = match?.[1] ?? match?.[2] ?? '';
    this.take(match?.[0].length ?? 2, `\\u{${digits || '0'}}`);
  }

  private property(): void {
    const match = /^\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(this.pattern.slice(this.at));
    if (!match) throw new ServerError(51091, 'Regular expression is invalid: malformed \\P or \\p sequence');
    const name = match[3] ?? match[4] ?? '';
    const isNegative = (match[1] === 'P') !== (match[2] === '^');
    const isScript = name.length > 2;
    this.take(match[0].length, `\\${isNegative ? 'P' : 'p'}{${isScript ? 'Script=' : ''}${name}}`);
  }

  private characterClass(): void {
    this.take(1, '[');
    if (this.pattern[this.at] === '^') this.take(1, '^');
    // A bracket in the first place is itself.
    if (this.pattern[this.at] === ']') this.take(1, '\\]');
    while (this.at < this.pattern.length && this.pattern[this.at] !== ']') {
      const char = this.pattern[this.at] as string;
      const posix = /^\[:(\w+):\]/.exec(this.pattern.slice(this.at));
      if (char === '\\') this.escape(true);
      else if (posix && posixClasses[posix[1] as string]) {
        this.take(posix[0].length, posixClasses[posix[1] as string] as string);
      } else if (posix || char === '[') this.take(1, '\\[');
      else this.take(1, char);
    }
    if (this.at >= this.pattern.length) {
      throw new ServerError(
        51091,
        'Regular expression is invalid: missing terminating ] for character class',
      );
    }
    this.take(1, ']');
  }
}
