import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ErrorCode } from '../../errors';
import type { Meter } from '../../figures';
import type { Rooms } from '../../rooms';
import type { Caller } from '../../rooms/access/caller';
import type { Identities } from '../logins/identity';
import type { OpenStreams } from '../open-streams';

/** What a route may use. */
export interface RestParts extends Pick<Rooms, 'rooms' | 'access' | 'feed'> {
  readonly identities: Identities;
  readonly streams: OpenStreams;
  readonly meter: Meter;
  /** Of a request's body. */
  readonly bodyBytes: number;
}

/** One request being answered. */
export interface Exchange extends RestParts {
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
}

/** Nothing: the response was written piece by piece already. */
export type Reply =
  | { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | undefined;

const nothing = {} as const;

/**
 * One call of the REST door: its place, what it takes, what it answers, and what it does. The door runs by this, and
 * `/openapi.json` is written from it.
 */
export interface Route {
  /** Unlike every other: what generated clients call it. */
  readonly id: string;
  readonly method: 'get' | 'post';
  /** With its parameters as `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: {
    readonly status: 200 | 201;
    readonly description: string;
    readonly body: z.ZodObject;
    readonly headers?: Readonly<Record<string, string>>;
    /** It can also answer live: what the events are. */
    readonly events?: string;
  };
  /** Beyond what any request can get. */
  readonly errors: readonly ErrorCode[];
  readonly run: (input: never, exchange: Exchange) => Promise<Reply>;
}

interface Taken<Params, Query, Headers, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

/** Writes a route down, with what `run` gets typed after what the route takes. */
export function route<
  Params extends z.ZodObject = z.ZodObject<typeof nothing>,
  Query extends z.ZodObject = z.ZodObject<typeof nothing>,
  Headers extends z.ZodObject = z.ZodObject<typeof nothing>,
  Body extends z.ZodObject = z.ZodObject<typeof nothing>,
>(
  spec: Omit<Route, 'run' | 'params' | 'query' | 'headers' | 'body'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly headers?: Headers;
    readonly body?: Body;
    readonly run: (
      input: Taken<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
      exchange: Exchange,
    ) => Promise<Reply>;
  },
): Route {
  return spec as unknown as Route;
}
