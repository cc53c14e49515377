import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import fc from 'fast-check';
import { roomsMatching } from '../src/rooms/room-page';

/** Lengths of a shorter and a longer text: linear matching costs 8 times as much on the longer one, quadratic 64 times. */
const SHORT = 1_500;
const LONG = 12_000;
const MAX_RATIO = 28;
const MEASUREMENTS = 6;

const sources = join(__dirname, '..', 'src');

/**
 * Where the sources build expressions from text, and how often. Those of the embedded database get theirs from the queries of
 * this service and of local tools; the one of a user's search is tested below.
 */
const builtExpressions = {
  'database/embedded/aggregation/expressions/date-format.ts': 1,
  'database/embedded/aggregation/expressions/regex.ts': 1,
  'database/embedded/query/regex.ts': 1,
  'rooms/room-page.ts': 1,
};

it.each([
  [/multipart\/mixed\s*;[^,]*subscriptionSpec\s*=\s*"?1\.0"?/i],
  [/\/+$/],
  [/(\w+:\/\/)[^/\s@]*@/],
  [/^(\d+)\.?(\d*)$/],
  [/eyJ[\w-]{8,}\.[\w-]+/],
])('this test finds the super-linear %p', (regex) => {
  expect(slowTextFor(regex)).not.toBeUndefined();
});

it('every regular expression of the sources is linear in the length of its text', () => {
  const found = new Map<string, string>();
  for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.ts'))
      for (const { pattern, flags } of literals(parsed(file))) found.set(`/${pattern}/${flags}`, file);
  expect(found.size).toBeGreaterThan(100);
  const slow = [...found].flatMap(([regex, file]) => {
    const end = regex.lastIndexOf('/');
    const text = slowTextFor(new RegExp(regex.slice(1, end), regex.slice(end + 1)));
    return text === undefined ? [] : [`${file}: ${regex} on ${text}`];
  });
  expect(slow).toEqual([]);
}, 180_000);

it('expressions are built from text, by RegExp or $regex, in the known places only', () => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const counts = files.map((file) => [file, built(parsed(file))] as const).filter(([, count]) => count > 0);
  expect(Object.fromEntries(counts)).toEqual(builtExpressions);
});

it.each(['(a+)+$', 'a*a*a*a*a*b', '[a-z]*x', '(?:x|x)*y', 'Morning'])(
  'the search for rooms by the name %p is linear, and finds just this text',
  (nameContains) => {
    const { name } = roomsMatching({ nameContains }) as { name: { $regex: string; $options: string } };
    const regex = new RegExp(name.$regex, name.$options);
    expect(slowTextFor(regex)).toBeUndefined();
    expect(regex.exec(`before ${nameContains} after`)?.[0]).toBe(nameContains);
  },
);

interface Literal {
  readonly pattern: string;
  readonly flags: string;
}

const parsed = (file: string): unknown =>
  parseSync(readFileSync(join(sources, file), 'utf8'), { syntax: 'typescript', decorators: true });

function literals(node: unknown): Literal[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('type' in node && node.type === 'RegExpLiteral') {
    const { pattern, flags } = node as unknown as Literal;
    return [{ pattern, flags: flags ?? '' }];
  }
  return Object.values(node).flatMap(literals);
}

/** How often a file calls RegExp, or has a member `$regex` of a query. */
function built(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const { type, callee, key } = node as Record<'type' | 'callee' | 'key', unknown>;
  const isCall = (type === 'NewExpression' || type === 'CallExpression') && nameIs(callee, 'RegExp');
  const isMember = type === 'KeyValueProperty' && nameIs(key, '$regex');
  return Object.values(node).reduce((sum: number, each) => sum + built(each), isCall || isMember ? 1 : 0);
}

function nameIs(node: unknown, name: string): boolean {
  return (node as { value?: unknown } | undefined)?.value === name;
}

/** A description of a text on which the expression needs more than linear time, or undefined. */
function slowTextFor(regex: RegExp): string | undefined {
  for (const [before, pump, after] of attacksOn(regex)) {
    const text = (length: number) => before + pump.repeat(length / pump.length) + after;
    if (isSlow(regex, text(SHORT), text(LONG)))
      return `${JSON.stringify(before)} + n × ${JSON.stringify(pump)} + ${JSON.stringify(after)}`;
  }
  return undefined;
}

/** The beginnings of matching texts, repeated; and each of their characters, repeated after what stands before it. */
function* attacksOn(regex: RegExp): Iterable<[before: string, pump: string, after: string]> {
  const plain = new RegExp(regex.source, regex.flags.replace(/[gy]/g, ''));
  const seen = new Set<string>();
  const ends = ['\n\0', ''];
  for (const sample of samplesOf(plain)) {
    const match = plain.exec(sample)?.[0].slice(0, 48) ?? '';
    const characters = [...match];
    for (const [at, character] of characters.entries()) {
      const before = characters.slice(0, at).join('');
      const attacks = [
        [before, character],
        ['', before + character],
        ['', character],
      ] as const;
      for (const [start, pump] of attacks)
        for (const end of ends) {
          const key = JSON.stringify([start, pump, end]);
          if (!seen.has(key)) yield [start, pump, end];
          seen.add(key);
        }
    }
  }
}

function samplesOf(regex: RegExp): string[] {
  // The generator knows no assertions but `^` and `$`: without them the texts still hold what the rest matches.
  const source = regex.source
    .replace(/\(\?<?[!=](?:[^()\\[]|\\.|\[(?:[^\]\\]|\\.)*\])*\)|\\b/gi, '')
    .replace(/\\u\{([0-9a-f]+)\}/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  const texts = fc.stringMatching(new RegExp(source, regex.flags.replace('i', '')), { size: 'small' });
  return [...fc.sample(texts, { numRuns: 6, seed: 1 }), ' '.repeat(3), '\t\n '];
}

/** The cheapest of a few measurements counts, so that what else the machine does is left out. */
function isSlow(regex: RegExp, short: string, long: string): boolean {
  let [cheapest, dearest] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run < MEASUREMENTS; run++) {
    cheapest = Math.min(cheapest, costOf(regex, short));
    dearest = Math.min(dearest, costOf(regex, long));
    // Below a few steps per character nothing is quadratic: the clock's own grain would be compared.
    if (dearest < LONG * 40 || dearest < cheapest * MAX_RATIO) return false;
  }
  return true;
}

/** Nanoseconds of this process for one search of the whole text. */
function costOf(regex: RegExp, text: string): number {
  regex.lastIndex = 0;
  const from = process.hrtime.bigint();
  regex.test(text);
  return Number(process.hrtime.bigint() - from);
}
