import type { HmsService } from '../../video/hms.service';
import type { Models } from '../models';

export interface MissedWebhooksParts {
  readonly models: Models;
  readonly hms: Pick<HmsService, 'listWebhookEvents' | 'replayWebhooks'>;
  readonly now: () => Date;
}

const ASKED_UP_TO = 'missed webhooks asked up to';
/** 100ms tries three times within 14 s: what failed later than this may still come by itself, in milliseconds. */
const STILL_TRIED = 30_000;
/** 100ms looks at most this far back, and at a window of at most 14 days, in milliseconds. */
const LONGEST_WINDOW = 14 * 24 * 3_600_000;

/** Webhooks that 100ms could not deliver: while this process was down, or its database away. */
export class MissedWebhooks {
  constructor(private readonly parts: MissedWebhooksParts) {}

  /**
   * Asks 100ms to send again what failed since the last time. How far that went is kept only when it was asked for,
   * so that a failure here is made up for by the next time.
   *
   * @returns whether anything was missed
   * @throws HmsError
   */
  async ask(): Promise<boolean> {
    const { models, hms, now } = this.parts;
    const endTime = new Date(now().getTime() - STILL_TRIED);
    const asked = await models.settings.findOne({ _id: ASKED_UP_TO }).lean();
    // What there was before the first start is not ours.
    const since = asked?.at ?? endTime;
    const startTime = new Date(Math.max(since.getTime(), endTime.getTime() - LONGEST_WINDOW));
    const window = { startTime, endTime, status: 'failed' } as const;
    const hasMissed = startTime < endTime && (await isAny(hms.listWebhookEvents(window)));
    if (hasMissed) await hms.replayWebhooks(window);
    await models.settings.updateOne({ _id: ASKED_UP_TO }, { $max: { at: endTime } }, { upsert: true });
    return hasMissed;
  }
}

async function isAny(items: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of items) return true;
  return false;
}
