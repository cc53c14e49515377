import type { WebSocket } from 'ws';
import { AppError } from '../../errors';
import { type Identities, type Identity, known } from './identity';

/** Close codes after which clients come back: with a new login, and when there is room or the keys can be had again. */
const LOGIN_NEEDED = 4403;
const TRY_AGAIN = 1013;
/** What a close frame holds, in bytes, less what its code takes. */
const LONGEST_REASON = 123;

/**
 * Lets somebody in on a WebSocket for as long as their login lasts: closes it with 4403 where there is none that is
 * good, and at the moment when it ends or is revoked; with 1013 where they have too many sockets. From then on nothing
 * more is sent.
 *
 * @param asked who it is, still being found out
 * @param refused hears why somebody was not let in: they showed nothing, or something that is no good
 * @returns the identity, or undefined for a socket that was closed
 */
export async function admitToSocket(
  socket: WebSocket,
  asked: Promise<Identity>,
  { whenEnds, opens }: Pick<Identities, 'whenEnds' | 'opens'>,
  refused: (reason: 'none' | 'bad') => void,
): Promise<Identity | undefined> {
  let hasShown = true;
  try {
    const found = await asked;
    hasShown = found.caller.kind !== 'anonymous';
    const identity = known(found);
    if (socket.readyState !== socket.OPEN) return undefined;
    const countOff = opens(identity);
    const stop = whenEnds(identity, () =>
      socket.close(LOGIN_NEEDED, 'This login has ended; come back with a new one, from your last cursor.'),
    );
    socket.on('close', () => {
      countOff();
      stop();
    });
    return identity;
  } catch (error) {
    const isRefused = error instanceof AppError && error.code === 'UNAUTHENTICATED';
    if (isRefused) refused(hasShown ? 'bad' : 'none');
    const code = isRefused ? LOGIN_NEEDED : TRY_AGAIN;
    socket.close(code, error instanceof AppError ? shortened(error.message) : 'Try again.');
    return undefined;
  }
}

function shortened(text: string): string {
  return Buffer.byteLength(text) <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON / 3)}...`;
}
