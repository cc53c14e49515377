import type { z } from 'zod';
import { AppError } from '../../errors';
import type { HmsCall, HmsCaller, HmsQuery } from '../hms.call';
import { type PageMember, pageOf } from '../shapes';

/** The most that 100ms gives at a time. */
const PAGE = 100;

type Sent<T extends z.ZodType> = Pick<HmsCall<T>, 'path' | 'answer' | 'body' | 'query' | 'within' | 'signal'>;

/** The few ways in which every part of the API is called. */
export class HmsVerbs {
  constructor(private readonly caller: Pick<HmsCaller, 'call'>) {}

  get<T extends z.ZodType>(call: Omit<Sent<T>, 'body'>): Promise<z.output<T>> {
    return this.caller.call({ method: 'GET', repeatable: true, ...call });
  }

  /** Sets something to what it should be: whether once or twice is the same. */
  set<T extends z.ZodType>(call: Sent<T>): Promise<z.output<T>> {
    return this.caller.call({ method: 'POST', repeatable: true, ...call });
  }

  /** Makes something happen: never sent again where it may have happened. */
  act<T extends z.ZodType>(call: Sent<T>): Promise<z.output<T>> {
    return this.caller.call({ method: 'POST', repeatable: false, ...call });
  }

  /** At the auth address, without credentials. */
  ask<T extends z.ZodType>(call: Sent<T>): Promise<z.output<T>> {
    return this.caller.call({ method: 'POST', at: 'auth', repeatable: true, ...call });
  }

  remove<T extends z.ZodType>(call: Omit<Sent<T>, 'body' | 'query'>): Promise<z.output<T>> {
    return this.caller.call({ method: 'DELETE', repeatable: true, ...call });
  }

  /** Where a second one would remove something else. */
  removeOnce<T extends z.ZodType>(call: Omit<Sent<T>, 'body' | 'query'>): Promise<z.output<T>> {
    return this.caller.call({ method: 'DELETE', repeatable: false, ...call });
  }

  /**
   * Asks for page after page, as they are wanted. A page may name a next one and there be none.
   *
   * @param under the member of a page that holds its items
   */
  async *list<T extends z.ZodType>(
    path: string,
    item: T,
    { query, under, signal }: { query?: HmsQuery; under?: PageMember; signal?: AbortSignal | undefined },
  ): AsyncGenerator<z.output<T>, void> {
    const answer = pageOf(item, under);
    let start: string | undefined;
    for (;;) {
      const page = await this.get({
        path,
        query: { ...query, limit: String(PAGE), start },
        answer,
        signal,
      });
      yield* page.data as z.output<T>[];
      const isFull = page.data.length > 0 && page.data.length >= Math.min(PAGE, page.limit ?? PAGE);
      if (!isFull || page.last === undefined || page.last === start) return;
      start = page.last;
    }
  }
}

/**
 * A path in which each value is one escaped segment.
 *
 * @throws AppError BAD_USER_INPUT for a value that no encoding keeps from being another path
 */
export function path(texts: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: texts }, ...values.map(segment));
}

function segment(value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new AppError('BAD_USER_INPUT', `"${value}" is no id at 100ms.`);
  return encodeURIComponent(value);
}
