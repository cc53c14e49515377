import { AppError } from '../errors';

/** What is known of a call to 100ms that did not give what was asked for. */
export interface HmsFailure {
  /** The HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** 100ms's own words: `code`, `message` and `details` of its error body. */
  readonly upstreamCode?: number | undefined;
  readonly upstreamMessage?: string | undefined;
  readonly upstreamDetails?: readonly string[] | undefined;
  /** Seconds that 100ms asked us to wait. */
  readonly retryAfter?: number | undefined;
  /** It certainly did not reach 100ms. */
  readonly neverSent?: boolean | undefined;
  readonly cause?: unknown;
}

const MOST_OF_A_MESSAGE = 200;
const MOST_DETAILS = 20;
const RETRY_AFTER = 5;
/** Statuses that pass by themselves, beside all of 5xx. */
const passing = new Set([408, 425, 429]);

/** 100ms said no (UPSTREAM_REJECTED), or gave no answer that could be used (UPSTREAM_UNAVAILABLE). */
export class HmsError extends AppError {
  readonly status: number | undefined;
  readonly upstreamCode: number | undefined;
  readonly upstreamDetails: readonly string[];
  readonly neverSent: boolean;
  /** Whether 100ms itself asked for the wait that `retryAfter` says. */
  readonly askedToWait: boolean;

  constructor(code: 'UPSTREAM_REJECTED' | 'UPSTREAM_UNAVAILABLE', message: string, failure: HmsFailure = {}) {
    const { status, upstreamCode, upstreamDetails = [], retryAfter, neverSent = false, cause } = failure;
    const wait = code === 'UPSTREAM_UNAVAILABLE' ? { retryAfter: retryAfter ?? RETRY_AFTER } : {};
    super(code, message, { ...wait, cause });
    this.name = 'HmsError';
    this.status = status;
    this.upstreamCode = upstreamCode;
    this.upstreamDetails = upstreamDetails;
    this.neverSent = neverSent;
    this.askedToWait = retryAfter !== undefined;
  }

  /**
   * 100ms itself says that it does not exist: the status and the code of its error body agree. A 404 of a proxy on the
   * way, such as a proxy's, is not one.
   */
  get isDefiniteNotFound(): boolean {
    return this.status === 404 && this.upstreamCode === 404;
  }

  /** No answer at all, a 5xx, or nonsense: as opposed to a no, or to the request to wait. */
  get isOutage(): boolean {
    return this.code === 'UPSTREAM_UNAVAILABLE' && !passing.has(this.status ?? 0);
  }
}

/**
 * An answer that was not a success, as an error whose text may be public.
 *
 * @param secrets what 100ms may have been told and could repeat
 */
export function errorOfAnswer(status: number, failure: HmsFailure, secrets: readonly string[]): HmsError {
  const said = harmless(failure.upstreamMessage ?? '', secrets);
  const quote = said === '' ? '' : `: ${said}`;
  const upstreamDetails = failure.upstreamDetails
    ?.slice(0, MOST_DETAILS)
    .map((detail) => harmless(detail, secrets));
  const facts = { ...failure, status, upstreamDetails };
  return status >= 500 || passing.has(status)
    ? new HmsError('UPSTREAM_UNAVAILABLE', `100ms cannot answer just now (${status})${quote}`, facts)
    : new HmsError('UPSTREAM_REJECTED', `100ms refused this (${status})${quote}`, facts);
}

/** At most 200 characters of a foreign text, without anything in it that could be a credential. */
function harmless(text: string, secrets: readonly string[]): string {
  const clean = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
    .replace(/[\w-]{8,}(\.[\w-]{8,}\.[\w-]*)?/g, (word, rest?: string) => (rest ? '[token]' : word))
    .replace(/\bBearer\s+\S+/gi, '[token]')
    .replace(/(?<=\w:\/\/)[^/\s@]*@/g, '[credentials]@')
    .replace(/\b[A-Za-z0-9+/_=-]{32,}/g, '[key]');
  return [...clean].slice(0, MOST_OF_A_MESSAGE).join('');
}
