import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { ApiError } from '../api-error';
import type { Workspace } from '../workspace';
import type { StreamKey } from './stream-key';

/** `/v2/stream-keys`: the key of a room for encoders that stream into it. Nothing listens for them here. */
export function streamKeysApi(workspace: Workspace): Router {
  const { account, clock, rooms, streamKeys } = workspace;
  const api = Router();
  const shown = (key: StreamKey) => ({
    ...key,
    url: 'rtmp://ingest.sandbox.invalid/live',
    customer_id: account.customerId,
    app_id: account.appId,
  });
  const active = (roomId: string) => {
    const id = rooms.openWanted(roomId).id;
    return streamKeys.group(id).find(({ enabled }) => enabled);
  };

  api
    .route('/room/:room')
    .post((request, response) => {
      if (active(request.params.room)) throw new ApiError(400, 'Active key already exists');
      const at = clock.timestamp();
      const key = streamKeys.put({
        id: clock.objectId(),
        key: randomBytes(16).toString('hex'),
        room_id: request.params.room,
        enabled: true,
        created_at: at,
        updated_at: at,
      });
      response.json(shown(key));
    })
    .get((request, response) => {
      const key = active(request.params.room);
      if (!key) throw new ApiError(404, 'No active key found');
      response.json({ data: [shown(key)], last: key.id });
    });
  api.post('/room/:room/disable', (request, response) => {
    const key = active(request.params.room);
    if (!key) throw new ApiError(404, 'Key not found');
    streamKeys.put({ ...key, enabled: false, updated_at: clock.timestamp() });
    response.status(201).json({ message: 'key disabled successfully' });
  });
  return api;
}
