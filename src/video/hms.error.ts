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
  readonly cause?: unknown;
}

const MOST_OF_A_MESSAGE = 200;
const RETRY_AFTER = 5;
/** Statuses that pass by themselves, beside all of 5xx. */
const passing = new Set([408, 425, 429]);

/** 100ms said no (UPSTREAM_REJECTED), or gave no answer that could be used (UPSTREAM_UNAVAILABLE). */
export class HmsError extends AppError {
  readonly status: number | undefined;
  readonly upstreamCode: number | undefined;
  readonly upstreamDetails: readonly string[];

  constructor(code: 'UPSTREAM_REJECTED' | 'UPSTREAM_UNAVAILABLE', message: string, failure: HmsFailure = {}) {
    const { status, upstreamCode, upstreamDetails = [], retryAfter, cause } = failure;
    const wait = code === 'UPSTREAM_UNAVAILABLE' ? { retryAfter: retryAfter ?? RETRY_AFTER } : {};
    super(code, message, { ...wait, cause });
    this.name = 'HmsError';
    this.status = status;
    this.upstreamCode = upstreamCode;
    this.upstreamDetails = upstreamDetails.map(harmless);
  }
}

/** Whether trying the very same call again may help. */
export function mayPass(status: number): boolean {
  return status >= 500 || passing.has(status);
}

/** An answer that was not a success, as an error whose text can be shown to anybody. */
export function errorOfAnswer(status: number, failure: HmsFailure): HmsError {
  const said = harmless(failure.upstreamMessage ?? '');
  const quote = said === '' ? '' : `: ${said}`;
  if (mayPass(status)) {
    return new HmsError('UPSTREAM_UNAVAILABLE', `100ms cannot answer just now (${status})${quote}`, {
      ...failure,
      status,
    });
  }
  return new HmsError('UPSTREAM_REJECTED', `100ms refused this (${status})${quote}`, { ...failure, status });
}

/** At most 200 characters of somebody else's text, without anything in it that could be a way in. */
function harmless(text: string): string {
  return text
    .replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[token]')
    .replace(/\bBearer\s+\S+/gi, '[token]')
    .replace(/(\w+:\/\/)[^/\s@]*@/g, '$1[credentials]@')
    .replace(/\b[A-Za-z0-9+/_=-]{32,}/g, '[key]')
    .slice(0, MOST_OF_A_MESSAGE);
}
