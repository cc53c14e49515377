import type { WebSocket } from 'ws';
import { AppError } from '../../errors';
import { closeWith, endings } from '../close-codes';
import { type Identities, type Identity, known } from './identity';

/**
 * Admits a WebSocket for as long as its login lasts: closes it with 4403 without a login that is
 * good, and at the moment when it ends or is revoked; with 1013 where they have too many sockets. From then on nothing
 * more is sent.
 *
 * @param asked who it is, still being found out
 * @param refused receives why a socket was refused: a missing or an invalid login
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
    const stop = whenEnds(identity, () => closeWith(socket, endings.loginEnded));
    socket.on('close', () => {
      countOff();
      stop();
    });
    return identity;
  } catch (error) {
    const isRefused = error instanceof AppError && error.code === 'UNAUTHENTICATED';
    if (isRefused) refused(hasShown ? 'bad' : 'none');
    const message = error instanceof AppError ? error.message : 'Try again.';
    closeWith(socket, isRefused ? endings.loginRejected : endings.notNow, { message });
    return undefined;
  }
}
