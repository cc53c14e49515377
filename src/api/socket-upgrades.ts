import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../errors';
import { hangUp } from './broken-requests';
import type { Crowds } from './logins/crowds';
import { isHostAllowed, isOriginAllowed, type OriginRules } from './origins';
import type { WarnOfOrigin } from './refused-origins';

/** What takes over the connections of one path. */
interface SocketDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface SocketUpgradeParts {
  /** By path. */
  readonly doors: ReadonlyMap<string, SocketDoor>;
  readonly rules: OriginRules;
  readonly warnOfOrigin: WarnOfOrigin;
  /** Counts the open sockets of each address. */
  readonly addresses: Crowds;
  /** Whether this process carries as many connections as it may. */
  readonly isFull: () => boolean;
  readonly isClosing: () => boolean;
}

/** Hands each WebSocket upgrade to the door of its path, or refuses it with a status that says why. */
export function routeUpgrades(parts: SocketUpgradeParts) {
  const { doors, addresses } = parts;
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Before anything else: a reset that nothing listens for would end the process.
    socket.on('error', () => socket.destroy());
    const door = doors.get(pathOf(request));
    const refusal = whyRefused(request, parts);
    if (refusal || !door) {
      hangUp(request.socket, refusal ?? 'NOT_FOUND');
      return;
    }
    socket.once('close', addresses.enter(addressOf(request)));
    door.upgrade(request, socket, head);
  };
}

function whyRefused(request: IncomingMessage, parts: SocketUpgradeParts): ErrorCode | undefined {
  const { doors, rules, warnOfOrigin, addresses, isFull, isClosing } = parts;
  const { origin, host } = request.headers;
  if (isClosing()) return 'UNAVAILABLE';
  if (!doors.has(pathOf(request))) return 'NOT_FOUND';
  if (!isHostAllowed(host, rules)) return 'FORBIDDEN';
  if (!isOriginAllowed(origin, host, rules)) {
    warnOfOrigin(String(origin), host);
    return 'FORBIDDEN';
  }
  return isFull() || addresses.isFull(addressOf(request)) ? 'RATE_LIMITED' : undefined;
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}
