const CUT = '[redacted]';

const text = String.raw`"(?:[^"\\]|\\.)*"`;
/** Members whose values let somebody in, at any depth: a text, or an object with nothing but plain members. */
const members = new RegExp(
  `"((?:proxy-)?authorization|(?:set-)?cookie|connectionParams|access_?token|token|access_?key|(?:app_?)?secret|password|service_?key)":(?:${text}|\\{[^{}]*\\})`,
  'gi',
);
/** What lets somebody in, by its look, wherever it stands: tokens, credentials in addresses and in headers. */
const looks: readonly [RegExp, string][] = [
  [members, `"$1":"${CUT}"`],
  [/eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, CUT],
  [/\/\/[^/\s@"']+@/g, `//${CUT}@`],
  [/\b(Bearer|Basic) +[^\s"'\\,]{8,}/gi, `$1 ${CUT}`],
];
/** Shorter ones would cut words that merely contain them. */
const SHORTEST_SECRET = 8;

/** A line of JSON with everything cut out that lets somebody in: by its name, by its look, and these secrets as they are. */
export function unseen(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1));
  return (line) => {
    let seen = line;
    for (const secret of known) seen = seen.replaceAll(secret, CUT);
    for (const [look, instead] of looks) seen = seen.replace(look, instead);
    return seen;
  };
}
