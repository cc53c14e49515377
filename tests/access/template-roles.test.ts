import { TemplateRoles } from '../../src/rooms/access/template-roles';

const room = { roomId: 'a-room', templateId: 'a-template' };

it('roles are read again after the wall clock was set back by an hour', async () => {
  const roles = ['guest'];
  let elapsed = 0;
  const hms = { getTemplate: async () => ({ roles: [...roles] }), getRoom: async () => room };
  const known = new TemplateRoles(hms as never, () => elapsed);
  expect(await known.of(room, 'host')).toEqual(['guest']);
  roles.push('host');
  const real = Date.now.bind(Date);
  const setBack = jest.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
  try {
    elapsed = 9_000;
    expect(await known.of(room, 'host')).toEqual(['guest']);
    elapsed = 10_000;
    expect(await known.of(room, 'host')).toEqual(['guest', 'host']);
  } finally {
    setBack.mockRestore();
  }
});
