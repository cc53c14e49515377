import { type Asked, overHttp, type Shown } from './doors';
import { loginOf, serviceKey } from './logins';

/** What a mark in a table of permissions stands for. */
const codes: Readonly<Record<string, string>> = {
  '-': 'ok',
  f: 'FORBIDDEN',
  n: 'ROOM_NOT_FOUND',
  u: 'UNAUTHENTICATED',
};

export const columns = [
  'service',
  'owner',
  'co-host',
  'member',
  'guest',
  'outsider',
  'nowhere',
  'anonymous',
] as const;
export type Column = (typeof columns)[number];
/** One cell of a table: who asks what, and what they get. */
export interface Cell {
  readonly operation: string;
  readonly column: Column;
  readonly code: string;
}

/** The cells of a table with a head line of the columns, and a line for each operation, whose name has 24 characters at most. */
export function cellsOf(table: string): Cell[] {
  return table
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, operation = '', marks = ''] = /^(.{24})(.*)$/.exec(line) ?? [];
      const signs = marks.trim().split(/\s+/);
      return columns.map((column, at) => ({
        operation: operation.trim(),
        column,
        code: codes[signs[at] ?? ''] ?? '?',
      }));
    });
}

/** Who stands in each column, and to which room: everybody but the guest and the outsider in both kinds of room. */
export const whoAndWhere: Readonly<
  Record<Column, readonly [who: string, where: 'open' | 'invited' | 'nowhere'][]>
> = {
  service: [
    ['service', 'open'],
    ['service', 'invited'],
  ],
  owner: [
    ['olga', 'open'],
    ['olga', 'invited'],
  ],
  'co-host': [
    ['carl', 'open'],
    ['carl', 'invited'],
  ],
  member: [
    ['mia', 'open'],
    ['mia', 'invited'],
  ],
  guest: [['gus', 'open']],
  outsider: [
    ['gus', 'invited'],
    ['pia', 'open'],
  ],
  nowhere: [['gus', 'nowhere']],
  anonymous: [
    ['nobody', 'open'],
    ['nobody', 'invited'],
    ['nobody', 'nowhere'],
  ],
};

/** What somebody of the cast shows. */
export const shownBy = (who: string): Shown =>
  who === 'service' ? `Bearer ${serviceKey}` : who === 'nobody' ? undefined : `Bearer ${loginOf(who)}`;

/** A service's mutation, which must succeed: its answer. */
async function mutate(url: string, name: string, type: string, input: object, as: Shown): Promise<unknown> {
  const asked: Asked = {
    query: `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`,
    variables: { input },
  };
  const answer = await overHttp(url, as, asked);
  if (answer.outcome !== 'ok') throw new Error(`${JSON.stringify(asked)}: ${answer.outcome}`);
  return answer.data?.[name];
}

/** The rooms of the cast: one that is open and one that is invited only, both of olga, with everybody in their places. */
export async function castRooms(url: string): Promise<Readonly<Record<'open' | 'invited', string>>> {
  const room = async (access: string) => {
    const made = await mutate(
      url,
      'createRoom',
      'CreateRoomInput',
      { name: 'Ours', access },
      shownBy('olga'),
    );
    const roomId = (made as { id: string }).id;
    const grant = (userId: string, role: string, hmsRoles?: string[]) =>
      mutate(url, 'grantRoomRole', 'GrantRoomRoleInput', { roomId, userId, role, hmsRoles }, shownBy('olga'));
    await grant('carl', 'CO_HOST');
    await grant('mia', 'MEMBER', ['host']);
    return roomId;
  };
  const rooms = { open: await room('OPEN'), invited: await room('INVITED') };
  await mutate(
    url,
    'revokeTokens',
    'RevokeTokensInput',
    { roomId: rooms.open, userId: 'pia' },
    shownBy('olga'),
  );
  return rooms;
}
