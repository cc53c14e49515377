import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { AppError, badInput } from '../../errors';
import type { Meter } from '../../figures';
import type { WebhookInbox } from '../../rooms/presence/webhook-inbox';
import { parseEnvelope } from '../../video/hms.webhook';
import { jsonBody } from '../json-body';
import { methodNotAllowed } from '../json-errors';
import { addressList, isListed } from './addresses';
import { isOneOf } from './secret';

export interface WebhookDoorParts {
  readonly inbox: Pick<WebhookInbox, 'receive'>;
  readonly meter: Meter;
  /** In small letters. */
  readonly header: string;
  /** Any one of them opens the door. Without one it is open exactly while access is. */
  readonly secrets: readonly string[];
  readonly open: boolean;
  /** Allowed addresses and blocks. Undefined: all. */
  readonly allow?: readonly string[] | undefined;
}

const PATH = '/webhooks/100ms';
const LARGEST_EVENT = 256 * 1_024;

/**
 * `POST /webhooks/100ms`. The secret is asked for before the body is read. 100ms takes exactly 200 for delivered; it
 * is given when the event is on disk, for every event: known or not, of a room of ours or not, again or not.
 */
export function webhookDoor(parts: WebhookDoorParts): RequestHandler {
  const router = Router();
  const json = jsonBody({ limit: LARGEST_EVENT, type: () => true, strict: false });
  router.post(PATH, refuseAddresses(parts.allow), refuseStrangers(parts), json, async (request, response) => {
    const parsed = parseEnvelope(request.body);
    if (!parsed.ok) throw badInput(parsed.problems);
    await parts.inbox.receive(parsed.event);
    response.status(200).json({ ok: true });
  });
  router.all(PATH, methodNotAllowed('POST'));
  router.use(PATH, countRefusals(parts.meter));
  return router;
}

function countRefusals(meter: Meter): ErrorRequestHandler {
  return (error: unknown, _request, _response, next) => {
    // The parser of bodies says so by a status; what is neither is our own failure.
    const isRefusal = error instanceof AppError || (error instanceof Error && 'status' in error);
    if (isRefusal) meter.count('webhook_events_total', { type: 'unknown', result: 'rejected' });
    next(error);
  };
}

function refuseAddresses(allow: readonly string[] | undefined): RequestHandler {
  if (!allow) return (_request, _response, next) => next();
  const allowed = addressList(allow);
  return (request, _response, next) => {
    const address = request.socket.remoteAddress ?? '';
    if (!isListed(allowed, address)) {
      throw new AppError('FORBIDDEN', `Webhooks are not taken from ${address}: see WEBHOOK_ALLOW.`);
    }
    next();
  };
}

function refuseStrangers({ header, secrets, open }: WebhookDoorParts): RequestHandler {
  return (request, _response, next) => {
    const isOpen = secrets.length === 0 && open;
    if (!isOpen && !isOneOf(secrets, request.get(header) ?? '')) {
      throw new AppError('UNAUTHENTICATED', `The header ${header} does not hold the webhook secret.`);
    }
    next();
  };
}
