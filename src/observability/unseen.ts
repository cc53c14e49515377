const CUT = '[redacted]';

/** Members whose values are credentials, at any depth: a string, or an object with nothing but plain members. */
const members =
  /"((?:proxy-)?authorization|(?:set-)?cookie|connectionParams|access_?token|token|access_?key|(?:app_?)?secret|password|service_?key)":(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\})/gi;
/** Credentials by their form, in any text: tokens, credentials in addresses and in headers. */
const looks: readonly ((line: string) => string)[] = [
  (line) => line.replace(members, `"$1":"${CUT}"`),
  // A word without the rest of a token is matched as well, so that it is read once and not from each `eyJ` in it.
  (line) => line.replace(/eyJ[\w-]{8,}(\.[\w-]+\.?[\w-]*)?/g, (word, rest?: string) => (rest ? CUT : word)),
  (line) => line.replace(/\/\/[^/\s@"']+@/g, `//${CUT}@`),
  (line) => line.replace(/\b(Bearer|Basic) +[^\s"'\\,]{8,}/gi, `$1 ${CUT}`),
];
/** Shorter ones would cut words that merely contain them. */
const SHORTEST_SECRET = 8;

/** Redacts a line of JSON: members with the name of a credential, texts with the form of one, and these secrets. */
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
