import { readUpdates } from '../../rooms/feed/update-page';
import { identityOf } from '../logins/http-login';
import * as answers from './answers';
import * as inputs from './inputs';
import { eventStreamType, tellLive } from './live-updates';
import { presentUpdate } from './present';
import { route } from './route';

/** `GET /rooms/:roomId/updates`: a page, a page that waits, or everything live, by what the caller asks for. */
export const updates = route({
  id: 'readUpdates',
  method: 'get',
  path: '/rooms/{roomId}/updates',
  summary: 'Who comes and goes, as a page, a long poll or an event stream',
  description:
    'The same updates, in the same order and with the same cursors, as on every other door. With `Accept: text/event-stream` ' +
    'they come live, and `EventSource` resumes where it was; otherwise as a page, after at most `wait` seconds.',
  params: inputs.aRoom,
  query: inputs.updatesQuery,
  headers: inputs.resumption,
  answer: {
    status: 200,
    description: 'What happened after `after`, oldest first.',
    body: answers.updatePage,
    events:
      'events named `update`, and with `snapshot=true` also `snapshot` and `caught_up`, each with an Update as its data ' +
      'and its cursor as its id.',
  },
  errors: ['BAD_CURSOR', 'CURSOR_EXPIRED', 'ROOM_NOT_FOUND', 'RATE_LIMITED'],
  run: async ({ params: { roomId }, query, headers }, exchange) => {
    const after = headers['Last-Event-ID'] || query.after;
    const { request, response, feed, caller, identities, streams, meter } = exchange;
    if (request.accepts(['json', eventStreamType]) === eventStreamType) {
      await tellLive({ roomId, after, snapshot: query.snapshot }, exchange);
      return undefined;
    }
    const [gone, hurry] = [new AbortController(), new AbortController()];
    if (query.wait > 0) streams.wait(request, response, () => hurry.abort());
    meter.change('room_watchers', 1, { door: 'rest' });
    const stopWaiting = identities.whenEnds(identityOf(request), () => response.destroy());
    response.once('close', () => {
      stopWaiting();
      meter.change('room_watchers', -1, { door: 'rest' });
      gone.abort();
    });
    const wanted = { roomId, ...query, after };
    const page = await readUpdates(feed, wanted, { caller, gone: gone.signal, hurry: hurry.signal });
    meter.count('updates_delivered_total', { door: 'rest' }, page.updates.length);
    const body: answers.UpdatePage = { updates: page.updates.map(presentUpdate), cursor: page.cursor };
    return { body };
  },
});
