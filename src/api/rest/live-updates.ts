import type { FeedRequest } from '../../rooms/feed/room-feed';
import { ParticipantAction, type ParticipantUpdate } from '../../rooms/log/participant-update';
import { presentUpdate } from './present';
import type { Exchange } from './route';

/** Of the event stream of HTML, section 9.2: what `EventSource` reads. */
export const eventStreamType = 'text/event-stream';

/** Milliseconds after which a browser comes back to a stream that was cut. */
const RETRY_AFTER = 1_000;
/** The same once the room has closed. `EventSource` takes every end for a lost connection; a client that receives `room_closed` closes it. */
const RETRY_CLOSED_AFTER = 60_000;
/** A comment: readers ignore it. */
const HEARTBEAT = ':\n\n';

/**
 * Answers with the updates of a room as an event stream, until the room closes or the reader goes. What cannot start is
 * refused as any request is; a stream that breaks is cut, so that its reader comes back with the last id it saw.
 */
export async function tellLive(
  wanted: FeedRequest,
  { feed, caller, request, response, streams, meter }: Exchange,
): Promise<void> {
  const stream = streams.open(request, response);
  const updates = await feed.follow(wanted, caller, stream.gone);
  meter.change('room_watchers', 1, { door: 'rest' });
  try {
    stream.begin({ 'content-type': `${eventStreamType}; charset=utf-8`, vary: 'Accept' }, HEARTBEAT);
    if (request.method === 'HEAD') return stream.end();
    await stream.write(`retry: ${RETRY_AFTER}\n\n`);
    for await (const update of updates) {
      await stream.write(eventOf(update));
      meter.count('updates_delivered_total', { door: 'rest' });
    }
    if (!stream.gone.aborted) stream.end();
  } finally {
    meter.change('room_watchers', -1, { door: 'rest' });
    await updates.return?.();
  }
}

function eventOf(update: ParticipantUpdate): string {
  const { action, cursor } = update;
  const isMarker = action === ParticipantAction.SNAPSHOT || action === ParticipantAction.CAUGHT_UP;
  const name = isMarker ? action.toLowerCase() : 'update';
  const retry = action === ParticipantAction.ROOM_CLOSED ? `retry: ${RETRY_CLOSED_AFTER}\n` : '';
  return `${retry}event: ${name}\nid: ${cursor}\ndata: ${JSON.stringify(presentUpdate(update))}\n\n`;
}
