/**
 * `npm run check:words` counts the words of a private dialect in comments, messages and documentation, and fails where there
 * are more of them than in projects that are easy to read. A reader knows GraphQL, MongoDB and queues: name the client, the
 * subscriber, the process, and use the verbs of the field.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Each word or phrase, how often it may occur in 1,000 words, and what to write instead. */
const markers = [
  [
    /\b(somebody|nobody|everybody|anybody)\b/gi,
    0,
    'name the actor: the client, the caller, the subscriber, another process',
  ],
  [/\b(whoever|whatever|whichever|whomever)\b/gi, 0.5, 'name the actor or the thing'],
  [/\bis none\b/gi, 0, '"is not a …", "there is no …"'],
  [/\banew\b/gi, 0, '"again"'],
  [/\bin the stead of\b/gi, 0, '"instead of"'],
  [
    /\b(to be had|behind the scenes|without a word)\b/gi,
    0,
    '"available", "in the background", "without an error"',
  ],
  [/\b(hears? of|heard of)\b/gi, 0, '"receives", "was hinted"'],
];

const files = execFileSync(
  'git',
  ['ls-files', 'src', 'scripts', 'bench', 'docs', 'deploy', '*.md', 'schema.graphql'],
  {
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n')
  .filter((file) => /\.(ts|mjs|md|graphql)$/.test(file) && file !== 'scripts/words.mjs');

const texts = files.map((file) => ({ file, lines: proseOf(file, readFileSync(file, 'utf8')) }));
const words = texts
  .flatMap(({ lines }) => lines)
  .join(' ')
  .split(/\s+/)
  .filter((each) => /\w/.test(each)).length;

let failed = false;
for (const [marker, allowed, instead] of markers) {
  const found = texts.flatMap(({ file, lines }) =>
    lines.flatMap((line, n) => (line.match(marker) ?? []).map((word) => ({ at: `${file}:${n + 1}`, word }))),
  );
  const rate = (found.length / words) * 1_000;
  const isTooMany = rate > allowed;
  failed ||= isTooMany;
  process.stdout.write(
    `${isTooMany ? 'TOO MANY' : 'ok      '} ${rate.toFixed(2)} in 1,000 words, at most ${allowed}: ${marker.source}\n`,
  );
  if (!isTooMany) continue;
  process.stdout.write(`         write ${instead}\n`);
  for (const { at, word } of found.slice(0, 20)) process.stdout.write(`         ${at} ${word}\n`);
  if (found.length > 20) process.stdout.write(`         and ${found.length - 20} more\n`);
}
process.exitCode = failed ? 1 : 0;

/** The lines of a file with everything blank that is neither a comment nor a text in quotes. */
function proseOf(file, source) {
  if (/\.(md|graphql)$/.test(file)) return source.split('\n');
  const prose = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
  const kept = [...source.matchAll(prose)];
  let text = '';
  let at = 0;
  for (const match of kept) {
    text += source.slice(at, match.index).replace(/[^\n]/g, ' ') + match[0];
    at = match.index + match[0].length;
  }
  return text.split('\n');
}
