import { z } from 'zod';
import { readTimestamp } from './timestamps';

// Answers of 100ms, read tolerantly: what a shape does not name is dropped, storage credentials first of all; what it
// names and finds missing or strange is undefined. Only an id that is missing makes an answer none.

/** Without it there is nothing to speak of. */
export const id = z.string().min(1);

export const optionalText = z
  .string()
  .nullish()
  .transform((value) => value || undefined)
  .catch(undefined);

export const optionalNumber = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined)
  .catch(undefined);

export const optionalFlag = z.boolean().optional().catch(undefined);

export const texts = z.array(z.string()).catch([]);

/** With nanoseconds cut off; undefined for Go's zero time, which stands for "not set". */
export const time = z.unknown().optional().transform(readTimestamp);

type CamelCased<Name> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCased<Tail>>}`
  : Name;

/** The names of members as this project writes them: `template_id` is `templateId`. */
type CamelKeys<T> = { [Name in keyof T as CamelCased<Name>]: T[Name] };

/** An object of these members, by their names at 100ms; read, it has our names. */
export function objectOf<T extends z.ZodRawShape>(members: T) {
  return z
    .object(members)
    .transform(
      (value) =>
        Object.fromEntries(
          Object.entries(value).map(([name, member]) => [camelCased(name), member]),
        ) as CamelKeys<z.output<z.ZodObject<T>>>,
    );
}

/** The same members by their names at 100ms, at every depth. Not for objects whose keys are chosen by callers. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeKeys(member),
    ]),
  );
}

function camelCased(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What holds the items of a page: `data`, but for what comes of polls. */
export type PageMember = 'data' | 'responses' | 'results';

/** A page of a list. `last` may name an item on the final page too, and its items may be null on an empty one. */
export function pageOf<T extends z.ZodType>(item: T, under: PageMember = 'data') {
  const page = z.object({
    data: z
      .array(item)
      .nullish()
      .transform((items) => items ?? []),
    /** How many 100ms looked for. */
    limit: optionalNumber,
    last: optionalText,
  });
  const plain = (given: unknown) =>
    typeof given === 'object' && given !== null ? { ...given, data: Reflect.get(given, under) } : given;
  return z.preprocess(plain, page);
}

export const hmsErrorBody = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  details: z.array(z.string()).optional().catch(undefined),
});
