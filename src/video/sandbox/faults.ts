import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { seededRandom } from './random';
import type { Timers } from './timers';

const which = {
  /** Only calls such as `GET /rooms` or `/active-rooms`: method and beginning of the path below `/v2`; all by default. */
  on: z.string().optional(),
  /** 0 to 1; always by default. */
  chance: z.number().min(0).max(1).optional(),
  /** How often at most; without end by default. */
  times: z.number().int().min(1).optional(),
};
const status = z.number().int().min(200).max(599);

/** How one answer of the REST API goes wrong. */
export const apiFault = z.discriminatedUnion('kind', [
  z.strictObject({
    ...which,
    kind: z.literal('rate-limited'),
    seconds: z.number().min(0),
    header: z.boolean().optional(),
  }),
  z.strictObject({ ...which, kind: z.literal('status'), status }),
  /** So many real milliseconds late. */
  z.strictObject({ ...which, kind: z.literal('latency'), ms: z.number().min(0) }),
  z.strictObject({ ...which, kind: z.literal('never') }),
  /** Before anything of the answer, or in the middle of it. */
  z.strictObject({ ...which, kind: z.literal('cut'), at: z.enum(['start', 'middle']).optional() }),
  z.strictObject({ ...which, kind: z.literal('html'), status: status.optional() }),
  /** The first half of the real answer, as if it were all. */
  z.strictObject({ ...which, kind: z.literal('truncated') }),
  z.strictObject({ ...which, kind: z.literal('body'), status: status.optional(), text: z.string() }),
  z.strictObject({ ...which, kind: z.literal('redirect'), to: z.string() }),
]);
export type ApiFault = z.infer<typeof apiFault>;

const PAGE = '<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>nginx</body></html>';

/** Makes answers go wrong, as they do at 100ms or on the way there. */
export class ApiFaults {
  private faults: { fault: ApiFault; left: number }[] = [];
  private random = seededRandom(1);

  constructor(private readonly timers: Timers) {}

  /** In place of those before; the first that fits a call counts. */
  set(faults: readonly ApiFault[], seed = 1): void {
    this.faults = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    this.random = seededRandom(seed);
  }

  readonly middleware: RequestHandler = (request, response, next) => {
    const call = `${request.method} ${request.path}`;
    const found = this.faults.find(
      ({ fault: { on = '', chance = 1 }, left }) =>
        left > 0 && (call.startsWith(on) || request.path.startsWith(on)) && this.random() < chance,
    );
    if (!found) return next();
    found.left -= 1;
    this.play(found.fault, response, next);
  };

  private play(fault: ApiFault, response: Response, next: () => void): void {
    switch (fault.kind) {
      case 'rate-limited':
        if (fault.header) response.set('retry-after', String(fault.seconds));
        refuse(response, 429, `rate limit exceeded, retry after ${fault.seconds} seconds`);
        break;
      case 'status':
        refuse(response, fault.status, fault.status >= 500 ? 'Internal server error' : 'refused');
        break;
      case 'latency':
        // Real milliseconds: what waits for the answer has a real deadline.
        this.timers.after(fault.ms / 1_000 / this.timers.scale, next);
        break;
      case 'never':
        break;
      case 'cut':
        if (fault.at === 'middle') cutInTheMiddle(response, next);
        else response.socket?.resetAndDestroy();
        break;
      case 'html':
        response
          .status(fault.status ?? 200)
          .type('html')
          .send(PAGE);
        break;
      case 'truncated':
        truncate(response, next);
        break;
      case 'body':
        response
          .status(fault.status ?? 200)
          .type('json')
          .send(fault.text);
        break;
      case 'redirect':
        response.redirect(307, fault.to);
        break;
    }
  }
}

function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ code: status, message, details: [message] });
}

/** Announces the whole answer, sends half of it, and breaks the connection. */
function cutInTheMiddle(response: Response, next: () => void): void {
  response.json = (body: unknown) => {
    const text = JSON.stringify(body);
    response.set('content-length', String(Buffer.byteLength(text)));
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
    return response;
  };
  next();
}

function truncate(response: Response, next: () => void): void {
  response.json = (body: unknown) => {
    const text = JSON.stringify(body);
    return response.type('json').send(text.slice(0, text.length / 2));
  };
  next();
}
