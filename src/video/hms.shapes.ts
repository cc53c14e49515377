import { z } from 'zod';
import { readTimestamp } from './timestamps';

// Answers of 100ms, read tolerantly: what is not named here is dropped, storage credentials first of all.

const optionalText = z
  .string()
  .nullish()
  .transform((value) => value || undefined)
  .catch(undefined);

const region = z.enum(['in', 'us', 'eu', 'auto']);
export type HmsRegion = z.infer<typeof region>;

export const hmsRoom = z
  .object({
    id: z.string().min(1),
    name: z.string(),
    enabled: z.boolean(),
    description: optionalText,
    template_id: optionalText,
    customer_id: optionalText,
    app_id: optionalText,
    region: region.optional().catch(undefined),
    created_at: z.unknown(),
  })
  .transform(({ id, name, enabled, description, ...rest }) => ({
    id,
    name,
    enabled,
    description,
    templateId: rest.template_id,
    customerId: rest.customer_id,
    appId: rest.app_id,
    region: rest.region,
    createdAt: readTimestamp(rest.created_at),
  }));

/** A room as 100ms has it. Its `name` is the one derived for 100ms, not the one that people read. */
export type HmsRoom = z.infer<typeof hmsRoom>;

export const hmsTemplate = z
  .object({ id: z.string().min(1), name: z.string(), roles: z.record(z.string(), z.unknown()) })
  .transform(({ id, name, roles }) => ({ id, name, roles: Object.keys(roles) as readonly string[] }));

/** A template: who may be what in the rooms made from it. Role names are case-sensitive. */
export type HmsTemplate = z.infer<typeof hmsTemplate>;

/** A page of a list. `last` may name an item on the final page too, and `data` may be null on an empty one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    data: z
      .array(item)
      .nullish()
      .transform((items) => items ?? []),
    last: optionalText,
  });
}

export const hmsErrorBody = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  details: z.array(z.string()).optional().catch(undefined),
});
