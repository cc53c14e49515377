import { z } from 'zod';

/** What the documentation leaves open about webhooks, either way, so that a back end can be tried against both. */
export const webhookChoices = z.strictObject({
  /** Whether a replay has the id of its event, which is the default, or one of its own. */
  replayId: z.enum(['same', 'new']).optional(),
  /** Where `is_replay` stands: beside `data`, which is the default, or in it. */
  replayFlag: z.enum(['envelope', 'data']).optional(),
});
export type WebhookChoices = z.infer<typeof webhookChoices>;

/** An event as a replay brings it. */
export function replayOf(
  envelope: Readonly<Record<string, unknown>>,
  { replayId = 'same', replayFlag = 'envelope' }: WebhookChoices,
  newId: () => string,
): Readonly<Record<string, unknown>> {
  const id = replayId === 'same' ? envelope['id'] : newId();
  if (replayFlag === 'envelope') return { ...envelope, id, is_replay: true };
  return { ...envelope, id, data: { ...(envelope['data'] as object), is_replay: true } };
}
