import { HmsError } from './hms.error';

/** One HTTP request, ready to go. */
export interface HmsRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** The management token, or undefined for the one call that takes none. */
  readonly token: string | undefined;
  readonly body: string | undefined;
}

export interface HmsAnswer {
  readonly status: number;
  readonly text: string;
  /** Seconds, from the header of that name. */
  readonly retryAfter: number | undefined;
}

/** In bytes; the peers of the largest room there may be, 20,000, are a third of it. */
const LARGEST_ANSWER = 16 * 1_024 * 1_024;
/** With these the request never left this machine. */
const notSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * Sends it once and reads the whole response of any status.
 *
 * @param within milliseconds, for both
 * @throws HmsError UPSTREAM_UNAVAILABLE where no answer came, and the signal's reason where it was called off
 */
export async function send(
  request: HmsRequest,
  { fetch: send, within, signal }: { fetch: typeof fetch; within: number; signal?: AbortSignal | undefined },
): Promise<HmsAnswer> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const deadline = setTimeout(() => stop.abort(), within);
  const calledOff = () => stop.abort();
  // Not AbortSignal.any: a signal that outlives many calls would keep a trace of each.
  signal?.addEventListener('abort', calledOff, { once: true });
  try {
    const response = await send(request.url, {
      method: request.method,
      headers: {
        'content-type': 'application/json',
        ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      // The request carries a token: nowhere else than where it was addressed.
      redirect: 'manual',
      signal: stop.signal,
    });
    return { status: response.status, text: await textOf(response), retryAfter: retryAfterOf(response) };
  } catch (error) {
    signal?.throwIfAborted();
    throw asNoAnswer(error, stop.signal.aborted);
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', calledOff);
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER) {
      throw new HmsError('UPSTREAM_UNAVAILABLE', `100ms answered with more than ${LARGEST_ANSWER} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function asNoAnswer(error: unknown, isLate: boolean): HmsError {
  if (error instanceof HmsError) return error;
  if (isLate) return new HmsError('UPSTREAM_UNAVAILABLE', '100ms did not answer in time.', { cause: error });
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return notSent.has(code ?? '')
    ? new HmsError('UPSTREAM_UNAVAILABLE', '100ms cannot be reached.', { cause: error, neverSent: true })
    : new HmsError('UPSTREAM_UNAVAILABLE', 'The connection to 100ms was lost.', { cause: error });
}

/** A number of seconds or a date (RFC 9110, 10.2.3). */
function retryAfterOf(response: Response): number | undefined {
  const given = response.headers.get('retry-after');
  if (given === null) return undefined;
  const seconds = Number(given);
  const until = Number.isNaN(seconds) ? (Date.parse(given) - Date.now()) / 1_000 : seconds;
  return Number.isFinite(until) && until >= 0 ? Math.ceil(until) : undefined;
}
