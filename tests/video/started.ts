import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HmsService, type HmsServiceOptions } from '../../src/video/hms.service';
import { HmsTokens } from '../../src/video/hms.tokens';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../src/video/sandbox';

/** A sandbox with a directory of its own, the service class that calls it, and a way to call it by hand. */
export interface Started extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly hms: HmsService;
  readonly directory: string;
  /** A call of the REST API as curl would make it. Without `token` with a good management token; null sends none. */
  call(method: string, path: string, body?: unknown, token?: string | null): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export async function startSandbox(
  options: Partial<SandboxOptions> = {},
  ofService: Partial<HmsServiceOptions> = {},
): Promise<Started> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'rollcall-sandbox-'));
  const sandbox = await openSandbox({ directory, ...options });
  const { keys, apiUrl } = sandbox;
  const hms = new HmsService({ keys, apiUrl, ...(options.now ? { now: options.now } : {}), ...ofService });
  const good = () => new HmsTokens(keys, options.now ? { now: options.now } : {}).managementToken().token;
  return {
    sandbox,
    hms,
    directory,
    call: async (method, path, body, token = good()) => {
      const response = await fetch(`${apiUrl}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    [Symbol.asyncDispose]: async () => {
      await sandbox.close();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const objectId = expect.stringMatching(/^[0-9a-f]{24}$/);
export const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
