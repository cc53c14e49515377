import type { Request } from 'express';
import { ApiError } from './api-error';

const SMALLEST = 10;
const LARGEST = 100;

/** The answer of every list: `last` names the last item, on the final page too; an empty page has `""`. */
export interface Page<T> {
  readonly limit: number;
  readonly data: readonly T[];
  readonly last: string;
}

/** The stretch of `items` that `limit` (10 to 100) and `start` (a previous `last`) ask for. */
export function pageOf<T extends object>(
  request: Request,
  items: readonly T[],
  idOf: (item: T) => string = (item) => (item as { id: string }).id,
): Page<T> {
  const limit = queryInteger(request, 'limit', { least: SMALLEST, most: LARGEST, fallback: SMALLEST });
  const start = queryText(request, 'start');
  const after = start === undefined ? -1 : items.findIndex((item) => idOf(item) === start);
  if (start !== undefined && start !== '' && after < 0) throw badQuery('start');
  const data = items.slice(after + 1, after + 1 + limit);
  const last = data.at(-1);
  return { limit, data, last: last ? idOf(last) : '' };
}

/** A query parameter that may stand once. */
export function queryText(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw badQuery(name);
}

export function queryFlag(request: Request, name: string): boolean | undefined {
  const value = queryText(request, name);
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false') throw badQuery(name);
  return value === 'true';
}

export function queryTime(request: Request, name: string): Date | undefined {
  const value = queryText(request, name);
  if (value === undefined) return undefined;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw badQuery(name);
  return time;
}

export function badQuery(name: string): ApiError {
  return new ApiError(400, 'Invalid query parameter', [`Invalid query parameter: ${name}`]);
}

/** A query parameter that may stand several times. */
export function queryTexts(request: Request, name: string): string[] {
  const values = [request.query[name] ?? []].flat();
  if (!values.every((value) => typeof value === 'string')) throw badQuery(name);
  return values as string[];
}

export function queryInteger(
  request: Request,
  name: string,
  { least, most, fallback }: { least: number; most: number; fallback: number },
): number {
  const given = queryText(request, name);
  if (given === undefined) return fallback;
  const number = Number(given);
  if (given === '' || !Number.isInteger(number) || number < least || number > most) throw badQuery(name);
  return number;
}
