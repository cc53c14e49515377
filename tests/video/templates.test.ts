import { collect, objectId, type Started, startSandbox, timestamp } from './started';

let started: Started;
beforeAll(async () => {
  started = await startSandbox();
});
afterAll(() => started[Symbol.asyncDispose]());

it('has a default template with the roles host and guest, in the documented shape', async () => {
  const { status, body } = await started.call('GET', '/templates');
  expect(status).toBe(200);
  const role = (name: string) =>
    expect.objectContaining({
      name,
      publishParams: expect.objectContaining({ allowed: ['audio', 'video', 'screen'] }),
      subscribeParams: expect.objectContaining({ subscribeToRoles: ['host', 'guest'] }),
      permissions: expect.objectContaining({ hlsStreaming: true, pollWrite: false }),
      priority: 1,
      maxPeerCount: 0,
    });
  expect(body).toEqual({
    limit: 10,
    last: objectId,
    data: [
      {
        id: objectId,
        _id: objectId,
        name: 'sandbox-default',
        customerId: objectId,
        customer: objectId,
        roles: { host: role('host'), guest: role('guest') },
        settings: expect.objectContaining({ region: 'in', recording: null }),
        destinations: {},
        createdAt: timestamp,
        updatedAt: timestamp,
      },
    ],
  });
});

it('is read by the service class as a name and its roles', async () => {
  const [template] = await collect(started.hms.listTemplates());
  expect(template).toMatchObject({ name: 'sandbox-default', roles: ['host', 'guest'] });
  expect(await started.hms.getTemplate(template?.id ?? '')).toEqual(template);
});

it('answers 404 for a template that there is not', async () => {
  await expect(started.hms.getTemplate('63188115d11d6db790c73c60')).rejects.toMatchObject({
    code: 'UPSTREAM_REJECTED',
    status: 404,
  });
});
