import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';

/** The date and time of RFC 3339 under the name that callers know; the library's other one gives dates, not text. */
export const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'A moment as RFC 3339 text in UTC, such as 2026-01-31T09:30:00.000Z.',
});
