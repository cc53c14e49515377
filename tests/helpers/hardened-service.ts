import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authSecret, serviceKey } from './logins';
import { endProcesses, startProcess } from './running-process';

export const webhookSecret = 'planted-webhook-secret';
/** The login of a service. */
export const bearer = `Bearer ${serviceKey}`;

/** A built service with logins, whose time limits are short enough to be reached, and a room in it. */
export async function startHardenedService() {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  const server = startProcess(['node', join(process.cwd(), 'scripts/start.mjs')], process.cwd(), {
    PORT: '0',
    DATA_DIR: directory,
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    WEBHOOK_SECRET: webhookSecret,
    LIMIT_HEADER_SECONDS: '2',
    LIMIT_REQUEST_SECONDS: '5',
    LIMIT_LOGIN_SECONDS: '2',
  });
  const url = await server.url();
  const created = await fetch(`${url}/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: bearer },
    body: '{"roomName":"Fuzzed"}',
  });
  const { id: roomId } = (await created.json()) as { id: string };
  const stop = async () => {
    await endProcesses();
    await rm(directory, { recursive: true, force: true });
  };
  return { server, url, roomId, [Symbol.asyncDispose]: stop };
}
