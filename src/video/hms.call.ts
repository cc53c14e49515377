import type { z } from 'zod';
import { figures, type Meter } from '../figures';
import { Crowded, Gate } from '../gate';
import type { Traces } from '../spans';
import { Breaker, LeftAlone, type Sign } from './breaker';
import { errorOfAnswer, HmsError, type HmsFailure } from './hms.error';
import { pauseBeforeRetry } from './hms.retry';
import { type HmsAnswer, send } from './hms.send';
import type { HmsTokens } from './hms.tokens';
import { ManagementToken } from './management-token';
import { hmsErrorBody } from './shapes';

/** One request to the REST API of 100ms. */
export interface HmsCall<T extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `auth` is the address for clients, which takes no management token. */
  readonly at?: 'api' | 'auth';
  /** Below the base address, such as `/rooms`. */
  readonly path: string;
  readonly query?: HmsQuery | undefined;
  /** Members that are undefined are left out. */
  readonly body?: unknown;
  /** What a good answer looks like; anything else is no answer. */
  readonly answer: T;
  /** Whether a second one after an unknown outcome does no harm. */
  readonly repeatable: boolean;
  /** In milliseconds, where 100ms takes longer than usual by its nature: one attempt, and all together. */
  readonly within?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Several values are a parameter that stands several times. */
export type HmsQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface HmsCallerOptions {
  /** Both with their `/v2`, without a slash at the end. */
  readonly apiUrl: string;
  readonly authUrl: string;
  readonly tokens: HmsTokens;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  /** Waits between attempts, in milliseconds, until the signal ends it. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** In milliseconds: one attempt, and all of them with their pauses. */
  readonly attemptWithin: number;
  readonly answerWithin: number;
  /** Failures in a row after which 100ms is left alone, and for how many milliseconds. */
  readonly breakAfter: number;
  readonly leaveAloneFor: number;
  readonly meter: Meter;
  readonly traces: Traces | undefined;
}

const MOST_AT_ONCE = 10;
const MOST_WAITING = 1_000;

/** The one careful way to call 100ms: signed, within a deadline, repeated where that does no harm, never hammering. */
export class HmsCaller {
  private readonly management: ManagementToken;
  private readonly gate = new Gate(MOST_AT_ONCE, MOST_WAITING);
  private readonly breaker: Breaker;
  /** Whether the newest answer that says anything about the keys rejected them. */
  rejectsKeys = false;

  constructor(private readonly options: HmsCallerOptions) {
    this.management = new ManagementToken(options.tokens, options.now);
    this.breaker = new Breaker({
      after: options.breakAfter,
      coolFor: options.leaveAloneFor,
      signOf,
      clock: () => performance.now(),
    });
    options.meter.read('upstream_circuit_state', () => circuitStates[this.breaker.state]);
  }

  /** Whether 100ms is left alone just now, because it did not answer. */
  get isLeftAlone(): boolean {
    return this.breaker.state !== 'closed';
  }

  /** @throws HmsError, whose message may be public, and the reason of a signal that ended it */
  call<T extends z.ZodType>(call: HmsCall<T>): Promise<z.output<T>> {
    const { traces } = this.options;
    if (!traces) return this.inTime(call);
    const start = { name: nameOf(call), kind: 'client', cause: traces.here() } as const;
    return traces.within(start, () => this.inTime(call));
  }

  private async inTime<T extends z.ZodType>(call: HmsCall<T>): Promise<z.output<T>> {
    const { repeatable, signal } = call;
    const endsAt = performance.now() + (call.within ?? this.options.answerWithin);
    const left = () => Math.max(1, endsAt - performance.now());
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.inTurn(call, () => this.attempt(call, left), { within: left(), signal });
      } catch (error) {
        if (!(error instanceof HmsError)) throw error;
        const wait = pauseBeforeRetry(error, { attempt, repeatable, random: Math.random() });
        if (wait === undefined || wait >= left()) throw error;
        await this.options.pause(wait, signal).catch((error: unknown) => {
          signal?.throwIfAborted();
          throw error;
        });
      }
    }
  }

  /** At most ten at once, and none while 100ms is left alone. */
  private async inTurn<T>(
    call: HmsCall<z.ZodType>,
    run: () => Promise<T>,
    patience: { within: number; signal: AbortSignal | undefined },
  ): Promise<T> {
    try {
      return await this.gate.pass(() => this.breaker.run(run), patience);
    } catch (error) {
      if (error instanceof LeftAlone) {
        this.measure(call, 'left_alone', 0);
        const seconds = Math.ceil(this.options.leaveAloneFor / 1_000);
        const message = '100ms did not answer for a while and is left alone for a few seconds.';
        throw new HmsError('UPSTREAM_UNAVAILABLE', message, { retryAfter: seconds, cause: error });
      }
      if (error instanceof Crowded) {
        const message = 'Too many calls wait for 100ms already.';
        throw new HmsError('UPSTREAM_UNAVAILABLE', message, { cause: error });
      }
      throw error;
    }
  }

  private async attempt<T extends z.ZodType>(call: HmsCall<T>, left: () => number): Promise<z.output<T>> {
    if (call.at === 'auth') return this.read(call, await this.send(call, undefined, left()));
    const token = this.management.current();
    const first = await this.send(call, token, left());
    if (first.status !== 401) return this.readSigned(call, first);
    // Our clock, or 100ms's mind, may have changed: once more with a new one.
    this.management.renew(token);
    return this.readSigned(call, await this.send(call, this.management.current(), left()));
  }

  private readSigned<T extends z.ZodType>(call: HmsCall<T>, answer: HmsAnswer): z.output<T> {
    // A 429, a 5xx or the page of a proxy may come before the keys are looked at.
    if (answer.status === 401) this.rejectsKeys = true;
    else if (answer.status < 300 || answer.status === 404) this.rejectsKeys = false;
    return this.read(call, answer);
  }

  private async send(call: HmsCall<z.ZodType>, token: string | undefined, left: number): Promise<HmsAnswer> {
    const began = performance.now();
    let status = 'none';
    try {
      const answer = await this.sendOnce(call, token, left);
      status = answer.status === 429 ? '429' : `${Math.floor(answer.status / 100)}xx`;
      return answer;
    } finally {
      this.measure(call, status, (performance.now() - began) / 1_000);
    }
  }

  private measure({ path }: HmsCall<z.ZodType>, status: string, seconds: number): void {
    const endpoint = endpointOf(path);
    this.options.meter.observe('upstream_request_duration_seconds', seconds, { endpoint, status });
  }

  private sendOnce(call: HmsCall<z.ZodType>, token: string | undefined, left: number): Promise<HmsAnswer> {
    const { apiUrl, authUrl, fetch } = this.options;
    const { method, body, signal, within = this.options.attemptWithin } = call;
    const request = {
      method,
      url: `${call.at === 'auth' ? authUrl : apiUrl}${call.path}${queryText(call.query)}`,
      token,
      body: body === undefined ? undefined : JSON.stringify(body),
    };
    return send(request, { fetch, within: Math.min(within, left), signal });
  }

  private read<T extends z.ZodType>(call: HmsCall<T>, { status, text, retryAfter }: HmsAnswer): z.output<T> {
    const json = parseJson(text);
    if (status >= 300) {
      const { accessKey, secret } = this.options.tokens.keys;
      throw errorOfAnswer(status, failureOf(json, retryAfter), [accessKey, secret, ...secretsIn(call.body)]);
    }
    const parsed = call.answer.safeParse(json);
    if (parsed.success) return parsed.data;
    const message = `100ms answered ${status}, but with nothing that can be read as an answer.`;
    throw new HmsError('UPSTREAM_UNAVAILABLE', message, { status });
  }
}

const endpoints: ReadonlySet<string> = new Set(figures.upstream_request_duration_seconds.labels.endpoint);

function endpointOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** Of its span: without ids. */
function nameOf({ method, path }: HmsCall<z.ZodType>): string {
  const endpoint = endpointOf(path);
  return `100ms ${method} ${endpoints.has(endpoint) ? endpoint : 'other'}`;
}

const circuitStates = { closed: 0, testing: 0.5, open: 1 } as const;

/** A rejection or a 429 proves that 100ms is up. Only a missing or unreadable response counts as a failure. */
function signOf(error: unknown): Sign {
  if (!(error instanceof HmsError)) return 'nothing';
  return error.isOutage ? 'away' : 'alive';
}

function queryText(query: HmsQuery = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
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

const secretMember = /secret|token|password|credentials|headers|rtmp_urls/i;

/** Every string of a body, at any depth, whose key names a credential. */
function secretsIn(body: unknown, isSecret = false): string[] {
  if (typeof body === 'string') return isSecret ? [body] : [];
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    secretsIn(value, isSecret || secretMember.test(name)),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
