import { AppError } from '../../errors';
import { parseInput } from '../../rooms/room.input';
import { type Identities, type Identity, known } from '../logins/identity';
import { clientFrames, envelope, type ServerFrame } from './frames';

/**
 * Who is behind a socket: by the `Authorization` of its handshake, which programs can send and browsers cannot, or by its
 * first frame. While access is open no login is asked for.
 *
 * @param next the next frame; undefined when the socket closes first
 * @throws AppError UNAUTHENTICATED, UNAVAILABLE
 */
export async function whoIsThere(
  authorization: string | undefined,
  identities: Identities,
  socket: { next: () => Promise<string | undefined>; send: (frame: ServerFrame) => Promise<void> },
): Promise<Identity> {
  const shown = await identities.ofHeader(authorization);
  if (shown.caller.kind !== 'anonymous') return shown;
  const identity = known(await identities.ofToken(tokenOf(await socket.next())));
  const { caller } = identity;
  await socket.send({ event: 'authenticated', data: { userId: caller.kind === 'user' ? caller.id : null } });
  return identity;
}

function tokenOf(frame: string | undefined): string {
  try {
    const { event, data } = parseInput(envelope, JSON.parse(frame ?? ''));
    if (event === 'auth') return parseInput(clientFrames.auth, data).token;
  } catch {
    // Anything else is no login.
  }
  throw new AppError('UNAUTHENTICATED', 'The first frame must be { "event": "auth", "data": { "token" } }.');
}
