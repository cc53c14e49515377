/**
 * Who asks. While access is open (`AUTH=off`) everybody is a service: may do everything, for any user.
 * `id` separates callers where something is kept per caller, such as idempotency keys.
 */
export interface Caller {
  readonly kind: 'service';
  readonly id: string;
}
