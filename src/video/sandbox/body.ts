import { badBody } from './api-error';

export type Body = Readonly<Record<string, unknown>>;

interface TypeNames {
  string: string;
  boolean: boolean;
  number: number;
}

export function asObject(body: unknown): Body {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw badBody('body is not an object');
  return body as Body;
}

/** A member of this type, or undefined: null counts as missing. */
export function optional<T extends keyof TypeNames>(
  given: Body,
  name: string,
  type: T,
): TypeNames[T] | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw badBody(name);
  return value as TypeNames[T];
}

export function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}
