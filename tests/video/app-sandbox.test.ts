import { startTestService } from '../helpers/service';

/** What the service's own GraphQL answers. */
async function ask<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

it.each<[string, Record<string, string>]>([
  ['open', {}],
  ['with a secret', { WEBHOOK_SECRET: 'a-webhook-secret-of-tests', WEBHOOK_HEADER: 'X-Told' }],
])(
  'the sandbox of the service tells it who joined and left, its webhook door %s',
  async (_case, settings) => {
    await using service = await startTestService(settings);
    const { createRoom } = await ask<{ createRoom: { id: string } }>(
      service.url,
      'mutation { createRoom(input: { name: "Sandboxed" }) { id } }',
    );
    const control = service.sandbox?.control;
    if (!control) throw new Error('no sandbox');
    const { generateToken } = await ask<{ generateToken: { token: string } }>(
      service.url,
      'mutation ($id: ID!) { generateToken(input: { roomId: $id, role: "host", userId: "anna" }) { token } }',
      { id: createRoom.id },
    );
    const peer = control.join({ token: generateToken.token, name: 'Anna' });
    await control.settled();
    control.leave(peer.id);
    await control.settled();
    const deliveries = control.deliveries(createRoom.id);
    expect(deliveries.map(({ type, status }) => ({ type, status }))).toEqual(
      ['session.open.success', 'peer.join.success', 'peer.leave.success', 'session.close.success'].map(
        (type) => ({
          type,
          status: 'success',
        }),
      ),
    );
    const { room } = await ask<{ room: { participantCount: number } }>(
      service.url,
      'query ($id: ID!) { room(id: $id) { participantCount } }',
      { id: createRoom.id },
    );
    expect(room.participantCount).toBe(0);
  },
);
