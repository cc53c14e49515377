const CUT = '[redacted]';

/** Members whose values let somebody in, at any depth: a text, or an object with nothing but plain members. */
const members =
  /"((?:proxy-)?authorization|(?:set-)?cookie|connectionParams|access_?token|token|access_?key|(?:app_?)?secret|password|service_?key)":(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\})/gi;
/** What lets somebody in, by its look, wherever it stands: tokens, credentials in addresses and in headers. */
const looks: readonly ((line: string) => string)[] = [
  (line) => line.replace(members, `"$1":"${CUT}"`),
  // A word without the rest of a token is matched as well, so that it is read once and not from each `eyJ` in it.
  (line) => line.replace(/eyJ[\w-]{8,}(\.[\w-]+\.?[\w-]*)?/g, (word, rest?: string) => (rest ? CUT : word)),
  (line) => line.replace(/\/\/[^/\s@"']+@/g, `//${CUT}@`),
  (line) => line.replace(/\b(Bearer|Basic) +[^\s"'\\,]{8,}/gi, `$1 ${CUT}`),
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
    for (const redact of looks) seen = redact(seen);
    return seen;
  };
}
