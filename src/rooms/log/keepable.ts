/** Members that hold a way in, for as long as they are valid: kept nowhere. */
const secretMember = /presigned_url|credential|secret|token|password|stream_?key/i;
/** Addresses that are a way in by themselves: signed ones, those with a token, and where a stream is sent with its key. */
const secretAddress = /^rtmps?:\/\/|[?&](x-amz-signature|x-goog-signature|signature|sig|[a-z_]*token|key)=/i;
/** Deeper than anything that 100ms sends, and less than what a database takes. */
const DEEPEST = 20;

/** What of a value from outside may be stored: no secrets, nothing that a document cannot hold. */
export function keepable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return secretAddress.test(value) ? '[not kept]' : value;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (depth === DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => keepable(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      // No field of a document may hold this character.
      name.replaceAll('\0', '�'),
      secretMember.test(name) ? '[not kept]' : keepable(member, depth + 1),
    ]),
  );
}
