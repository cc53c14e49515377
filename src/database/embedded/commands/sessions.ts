import { randomBytes } from 'node:crypto';
import { Binary, type Document, document, type Value } from '../bson/types';
import { ServerError } from '../server-error';
import type { Call, Command } from './command';
import { anArray, anything, readFields } from './fields';
import { SESSION_MINUTES } from './handshake';

/**
 * Without transactions and retryable writes a session is only a name that cursors belong to. So nothing is kept of it:
 * any id is a session, and ending one closes its cursors.
 */
export const startSession: Command = (body) => {
  readFields('startSession', body, { startSession: anything });
  const id = randomBytes(16);
  id[6] = ((id[6] as number) & 0x0f) | 0x40;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  return document({ id: document({ id: new Binary(id, 4) }), timeoutMinutes: SESSION_MINUTES });
};

export const endSessions: Command = (body, call) => {
  const { endSessions: ended } = readFields('endSessions', body, { endSessions: anArray });
  closeCursorsOf(ended ?? [], call);
  return new Map();
};

export const killSessions: Command = (body, call) => {
  const { killSessions: killed } = readFields('killSessions', body, { killSessions: anArray });
  if (killed?.length === 0) call.server.cursors.closeWhere(({ session }) => session !== undefined);
  closeCursorsOf(killed ?? [], call);
  return new Map();
};

export const refreshSessions: Command = (body) => {
  const { refreshSessions: refreshed } = readFields('refreshSessions', body, { refreshSessions: anArray });
  for (const id of refreshed ?? []) readId(id);
  return new Map();
};

function closeCursorsOf(ids: readonly Value[], { server }: Call): void {
  const names = new Set(ids.map(readId));
  server.cursors.closeWhere(({ session }) => session !== undefined && names.has(session));
}

function readId(source: Value): string {
  const id = source instanceof Map ? (source as Document).get('id') : undefined;
  if (id instanceof Binary && id.bytes.length === 16) return Buffer.from(id.bytes).toString('hex');
  throw new ServerError(40414, "BSON field 'id' of a session has to be a UUID");
}
