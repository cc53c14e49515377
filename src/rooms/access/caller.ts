/**
 * Who asks. What a caller may do is decided in `permissions.ts`.
 *
 * - `service`: a server that showed a service key, or any caller while access is open. `id` tells keys apart, without
 *   being one.
 * - `user`: `id` is the `sub` of the login, `name` its name where it has one.
 * - `anonymous`: showed nothing.
 */
export type Caller =
  | { readonly kind: 'service'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string; readonly name?: string }
  | { readonly kind: 'anonymous' };

/** A string that is unique to each caller of any kind. Holds no secret. */
export function callerKey(caller: Caller): string {
  return caller.kind === 'anonymous' ? 'anonymous' : `${caller.kind} ${caller.id}`;
}
