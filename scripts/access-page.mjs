const words = { any: 'yes', self: 'as themselves', visible: 'what they may see' };

/** `docs/access.md`, from the tables that the services ask (`src/rooms/access/permissions.ts`). */
export function accessPage({ generalPermissions, roomPermissions, rolesByStanding }) {
  const general = ['service', 'user', 'anonymous'];
  const inRoom = Object.keys(rolesByStanding);
  return `<!-- Generated from src/rooms/access/permissions.ts by \`npm run gen:schema\`. Do not edit: change the table there. -->

# Who may do what

Every door asks the same services, and every service asks this table; what it does not grant is refused. While access is open
(\`AUTH=off\`, or no login settings on a loopback address) every caller is a service.

- A **service** shows one of \`SERVICE_KEYS\`. A **user** shows a login, a JWT with \`sub\` and \`exp\`. **Anonymous** shows nothing, and gets
  \`UNAUTHENTICATED\`, as does a caller with invalid credentials: 401 over HTTP, close code 4403 on a socket.
- To a room, a user is its **owner** (who created it), a **co-host** or a **member** (by \`grantRoomRole\`), a **guest** (the room is
  \`OPEN\`), or an **outsider**: the room is \`INVITED\` and they are not, or they were put out of it (\`revokeTokens\` with its \`roomId\`).
- An outsider cannot tell an existing room from a missing one: \`ROOM_NOT_FOUND\`, null, or nothing in a list. Any other caller who asks
  for more than is granted gets \`FORBIDDEN\`.

## Without a room

${table(general, generalPermissions)}

## In a room

${table(inRoom, roomPermissions)}

## Roles that a token may have

| ${inRoom.join(' | ')} |
|${'---|'.repeat(inRoom.length)}
| ${inRoom.map((standing) => rolesByStanding[standing]).join(' | ')} |

## When a permission ends

- A login that reaches its \`exp\`, or is revoked (\`revokeTokens\` without \`roomId\`): sockets close with 4403, streams over HTTP are cut. A
  socket executes nothing from that moment on, whether or not its client answers the close frame. At \`exp\`
  that is within a second: of a hundred streams on five doors, all ending at once on two busy cores, the median was 40 ms late and the last 50 ms. A
  client that comes back with a new login and its last cursor misses nothing.
- A revocation of logins is kept for five years, in the collection \`revoked_logins\`. A login that is valid for longer would be accepted again
  after that: give logins an \`exp\` within days.
- An invitation that is taken back, a room that becomes \`INVITED\`, a user who is put out: the streams of that room end with
  \`ROOM_NOT_FOUND\` before the mutation answers; the socket stays, and the other rooms on it go on. A presence
  that the user began on a raw WebSocket ends with the stream, and one of \`joinRoom\` with its lease.
- Where several processes share a database, every request is checked again on each of them, so that what was revoked on one opens nothing on
  another. Streams on the other processes end when the bus brings the word: with \`REDIS_URL\` before it brings anything that happened
  later, so that an invitation taken back, a user put out and a login revoked here are told nothing more there; where a room becomes
  \`INVITED\`, after two reads of the database for each of its watchers. Without Redis, and while it is away, each process looks every second:
  until then it goes on telling.
- A token stays good at 100ms until it expires; nothing can take it back. So a ban is enforced inside: its bearer is removed through 100ms, gets
  no further token of their own until they are invited again, and is removed again whenever they join.

## Who is removed again

At each join that a webhook reports, and for every peer that 100ms lists in each comparison (\`RECONCILE_SECONDS\`), on any instance, a user is
removed from 100ms who

- was removed from the room (\`revokeTokens\` with its \`roomId\`), or uninvited from a room that is \`INVITED\`, and was not invited since; or
- was given tokens for this room by Rollcall, of which none is good: each was revoked, or had expired before they joined. One good token is
  enough to stay. A token that expires during a call ends no presence, here as at 100ms.

A user for whom no token was minted came by a room code or the dashboard, and stays unless they were removed or uninvited. A token that a service
mints for a removed user does not let them stay: invite them first, with \`grantRoomRole\`. Presence that is reported (\`joinRoom\`, the
raw WebSocket) ends with the removal; where a service reports a removed user, it ends again at once.

The participant counts as left with the webhook of the leave. Where that is lost, they do with the look 10 s after the removal, once 100ms
answers that the peer is not there: also with \`RECONCILE_SECONDS=0\`.

A removal is stored before 100ms is asked, retried while it fails (after 1 s, 2 s, 4 s, …, at last every minute), taken over from a process that
died, and done when a look 10 s later finds that the user is gone. Each attempt asks again whether the user may be inside. The
collection \`removals\` keeps for 90 days who was removed from where, when, why, and what became of it; each removal is also a line in the log.
`;
}

function table(standings, permissions) {
  const rows = Object.entries(permissions).map(([operation, { about, may }]) => {
    const cells = standings.map((standing) => words[may[standing]] ?? '');
    return `| \`${operation}\`: ${about} | ${cells.join(' | ')} |`;
  });
  return [`| | ${standings.join(' | ')} |`, `|---|${'---|'.repeat(standings.length)}`, ...rows].join('\n');
}
