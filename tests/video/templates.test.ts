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

it('makes a template with its roles filled in, and replaces all of it under a name that is taken', async () => {
  const { templates } = started.hms;
  const made = await templates.create({
    name: 'made here',
    roles: { teacher: {}, pupil: { maxPeerCount: 30 } },
  });
  expect(made).toMatchObject({ name: 'made here', roles: ['teacher', 'pupil'] });
  expect(await templates.whole(made.id)).toMatchObject({
    roles: {
      teacher: { name: 'teacher', priority: 1, maxPeerCount: 0, permissions: { hlsStreaming: true } },
      pupil: { maxPeerCount: 30, subscribeParams: { subscribeToRoles: ['teacher', 'pupil'] } },
    },
  });
  const again = await templates.create({ name: 'made here', roles: { king: {} } });
  expect(again).toMatchObject({ id: made.id, roles: ['king'] });
  expect(await templates.overwrite(made.id, { name: 'made here', roles: { queen: {} } })).toMatchObject({
    roles: ['queen'],
  });
  const room = await started.hms.createRoom({ name: 'ruled', templateId: made.id });
  expect(room.templateId).toBe(made.id);
});

it('puts, gets and removes a role; what is removed is gone', async () => {
  const { templates } = started.hms;
  const { id } = await templates.create({ name: 'roles', roles: { host: {} } });
  const at = { templateId: id, role: 'speaker' };
  const permissions = { mute: true, pollWrite: true };
  const put = await templates.putRole(at, { permissions, priority: 2, maxPeerCount: 5 });
  expect(put).toMatchObject({ name: 'speaker', priority: 2, maxPeerCount: 5, permissions });
  expect(await templates.role(id, 'speaker')).toEqual(put);
  expect(await started.call('DELETE', `/templates/${id}/roles/speaker`)).toEqual({
    status: 204,
    body: undefined,
  });
  await expect(templates.role(id, 'speaker')).rejects.toMatchObject({ status: 404 });
  await expect(templates.removeRole(id, 'speaker')).rejects.toMatchObject({ status: 404 });
  await templates.removeRole(id, 'host');
  expect(await templates.get(id)).toMatchObject({ roles: [] });
  await expect(templates.role(id, 'constructor')).rejects.toMatchObject({ status: 404 });
});

it('keeps settings, destinations and the one recording configuration', async () => {
  const { templates } = started.hms;
  const { id } = await templates.create({ name: 'parts' });
  expect(await templates.part(id, 'settings')).toMatchObject({ region: 'in', recording: null });
  for (const [part, body] of [
    ['settings', { region: 'eu' }],
    ['destinations', { hlsDestinations: { default: { name: 'default' } } }],
  ] as const) {
    expect(await templates.setPart({ templateId: id, part }, body)).toEqual(body);
    expect(await templates.part(id, part)).toEqual(body);
  }
  expect(await templates.recordingConfigs(id)).toEqual([]);
  const config = { name: 'default', role: 'host', maxDuration: 1800 };
  expect(await templates.setRecordingConfigs(id, [config])).toEqual([config]);
  expect(await templates.recordingConfigs(id)).toEqual([config]);
  await expect(templates.setRecordingConfigs(id, [config, config])).rejects.toMatchObject({ status: 400 });
});

it.each([
  [{ name: 'with/slash' }, 'name'],
  [{ roles: { host: {} } }, 'name'],
  [{ name: 'x', roles: { host: { maxPeerCount: -2 } } }, 'maxPeerCount'],
  [{ name: 'x', roles: { host: { priority: 6 } } }, 'priority'],
  [{ name: 'x', roles: { host: { permissions: { mute: 'yes' } } } }, 'permissions'],
])('refuses a template like %j', async (body, what) => {
  expect(await started.call('POST', '/templates', body)).toEqual({
    status: 400,
    body: { code: 400, message: 'Invalid body param', details: [`Invalid body param: ${what}`] },
  });
});
