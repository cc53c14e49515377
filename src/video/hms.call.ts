import {
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  wrap,
} from 'cockatiel';
import type { z } from 'zod';
import { errorOfAnswer, HmsError, type HmsFailure } from './hms.error';
import { hmsErrorBody } from './hms.shapes';
import type { HmsTokens } from './hms.tokens';
import { ManagementToken } from './management-token';

/** One request to the REST API of 100ms. */
export interface HmsCall<T extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** Below the base address, such as `/rooms`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Members that are undefined are left out. */
  readonly body?: object;
  /** What a good answer looks like; anything else is no answer. */
  readonly answer: T;
  /** Whether a second one after an unknown outcome does no harm. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface HmsCallerOptions {
  /** With its `/v2`, without a slash at the end. */
  readonly apiUrl: string;
  readonly tokens: HmsTokens;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  /** Waits between attempts, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** In milliseconds: one attempt, and all of them with their pauses. */
  readonly attemptWithin: number;
  readonly answerWithin: number;
}

const MOST_ATTEMPTS = 3;
const FIRST_PAUSE = 250;
const MOST_AT_ONCE = 10;
const MOST_WAITING = 1_000;
/** Failures in a row after which 100ms is left alone, and for how long, in milliseconds. */
const BREAK_AFTER = 10;
const LEAVE_ALONE_FOR = 10_000;

/** The one careful way to call 100ms: signed, within a deadline, repeated where that does no harm, never hammering. */
export class HmsCaller {
  private readonly management: ManagementToken;
  private readonly guard = wrap(
    bulkhead(MOST_AT_ONCE, MOST_WAITING),
    circuitBreaker(handleWhen(isOutage), {
      halfOpenAfter: LEAVE_ALONE_FOR,
      breaker: new ConsecutiveBreaker(BREAK_AFTER),
    }),
  );

  constructor(private readonly options: HmsCallerOptions) {
    this.management = new ManagementToken(options.tokens, options.now);
  }

  /** @throws HmsError, whose message can be shown to anybody */
  async call<T extends z.ZodType>(call: HmsCall<T>): Promise<z.output<T>> {
    const endsAt = Date.now() + this.options.answerWithin;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.guard.execute(() => this.attempt(call, endsAt));
      } catch (error) {
        const failure = asHmsError(error);
        const wait = pauseBefore(attempt + 1, failure);
        const isWorthIt = call.repeatable && isOutage(failure) && !isBrokenCircuitError(error);
        if (!isWorthIt || attempt >= MOST_ATTEMPTS || Date.now() + wait >= endsAt) throw failure;
        await this.options.pause(wait);
      }
    }
  }

  private async attempt<T extends z.ZodType>(call: HmsCall<T>, endsAt: number): Promise<z.output<T>> {
    const token = this.management.current();
    const first = await this.send(call, token, endsAt);
    if (first.status !== 401) return this.read(call, first);
    // Our clock, or 100ms's mind, may have changed: once more with a new one.
    this.management.renew(token);
    return this.read(call, await this.send(call, this.management.current(), endsAt));
  }

  private async send(
    call: HmsCall<z.ZodType>,
    token: string,
    endsAt: number,
  ): Promise<{ status: number; text: string }> {
    const { apiUrl, attemptWithin } = this.options;
    const query = new URLSearchParams(
      Object.entries(call.query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ).toString();
    const deadline = AbortSignal.timeout(Math.max(1, Math.min(attemptWithin, endsAt - Date.now())));
    const response = await this.options.fetch(`${apiUrl}${call.path}${query && `?${query}`}`, {
      method: call.method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(call.body ? { body: JSON.stringify(call.body) } : {}),
      // The request carries a token: nowhere else than where it was addressed.
      redirect: 'manual',
      signal: call.signal ? AbortSignal.any([call.signal, deadline]) : deadline,
    });
    return { status: response.status, text: await response.text(), ...retryAfterOf(response) };
  }

  private read<T extends z.ZodType>(
    call: HmsCall<T>,
    answer: { status: number; text: string; retryAfter?: number },
  ): z.output<T> {
    const { status, text } = answer;
    const json = parseJson(text);
    if (status >= 300) throw errorOfAnswer(status, failureOf(json, answer.retryAfter));
    const parsed = call.answer.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new HmsError(
      'UPSTREAM_UNAVAILABLE',
      `100ms answered ${status}, but with nothing that can be read as an answer.`,
      { status },
    );
  }
}

function isOutage(error: unknown): boolean {
  return asHmsError(error).code === 'UPSTREAM_UNAVAILABLE';
}

function asHmsError(error: unknown): HmsError {
  if (error instanceof HmsError) return error;
  const busy = isBrokenCircuitError(error) || isBulkheadRejectedError(error);
  const message = busy
    ? '100ms did not answer for a while and is left alone for a few seconds.'
    : '100ms did not answer in time.';
  return new HmsError('UPSTREAM_UNAVAILABLE', message, { cause: error });
}

/** In milliseconds: what 100ms asked for, or any time up to a bound that doubles, so that callers do not come in step. */
function pauseBefore(attempt: number, { retryAfter, status }: HmsError): number {
  if (status === 429 && retryAfter !== undefined) return retryAfter * 1_000;
  return Math.random() * FIRST_PAUSE * 2 ** (attempt - 1);
}

function retryAfterOf(response: Response): { retryAfter?: number } {
  const given = response.headers.get('retry-after');
  if (given === null) return {};
  const seconds = Number(given);
  const until = Number.isNaN(seconds) ? (Date.parse(given) - Date.now()) / 1_000 : seconds;
  return Number.isFinite(until) && until >= 0 ? { retryAfter: Math.ceil(until) } : {};
}

/** 100ms's error body; it also says "retry after 45 seconds" in words and sends no header. */
function failureOf(json: unknown, retryAfter: number | undefined): HmsFailure {
  const { code, message, details } = hmsErrorBody.safeParse(json).data ?? {};
  const inWords = /retry after (\d+) second/i.exec(message ?? '')?.[1];
  return {
    upstreamCode: code,
    upstreamMessage: message,
    upstreamDetails: details,
    retryAfter: retryAfter ?? (inWords === undefined ? undefined : Number(inWords)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
