import { z } from 'zod';

export const rateLimits = z.array(
  z.strictObject({
    /** Calls whose path below `/v2` begins so, such as `/rooms`; all by default. */
    on: z.string().default('/'),
    calls: z.number().int().min(1),
    seconds: z.number().int().min(1),
  }),
);
/** So many calls within so many seconds, from the first one on. */
export type RateLimits = z.infer<typeof rateLimits>;

/** The one limit that is documented is that of `/analytics/webhooks`, without its number. */
export const documentedLimits: RateLimits = [{ on: '/analytics/webhooks', calls: 60, seconds: 60 }];
