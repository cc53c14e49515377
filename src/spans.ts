/** What can be said of a span: closed words, ids and numbers; never text that a caller wrote, and no credentials. */
type SpanFacts = Readonly<Record<string, string | number | undefined>>;

export interface SpanStart {
  readonly name: string;
  /** `server` for what is asked of this process, `client` for what it asks of another, `producer` and `consumer` for news. */
  readonly kind: 'server' | 'client' | 'producer' | 'consumer';
  /** The `traceparent` of what caused it; undefined: it begins a trace of its own. */
  readonly cause: string | undefined;
  /** The `traceparent` of something else that it has to do with. What is no `traceparent` is left out. */
  readonly link?: string | undefined;
  readonly facts?: SpanFacts;
}

/** Adds to a span what is known only at its end; a name here replaces the one that it began with. */
type Tell = (facts: SpanFacts, name?: string) => void;

/**
 * Records what caused what, across parts and processes, for parts that time their work. Parts receive undefined while
 * traces are off, so that they cost one comparison. Causes are passed as `traceparent` (W3C Trace Context, 3.2), which fits into a
 * header, a document and a message. Nothing that it does throws or waits.
 */
export interface Traces {
  /** The `traceparent` of the span that this code runs in; undefined outside of every span. */
  here(): string | undefined;
  /** Runs `work` in a span that ends with it; one that throws is an error, of which its code is told and not its words. */
  within<T>(start: SpanStart, work: (tell: Tell) => Promise<T>): Promise<T>;
  /** Records a span that ends now and began at `began`, by `performance.now()`. Answers with its `traceparent` where it is collected. */
  ended(start: SpanStart, began: number): string | undefined;
  /** Sends what is recorded, in a bounded time. Safe to repeat. */
  close(): Promise<void>;
}
