import type { CompareStrings } from '../bson/compare';
import type { Document, Value } from '../bson/types';
import { ServerError } from '../server-error';

/** What reading a filter needs beside the filter. */
export interface FilterContext {
  strings?: CompareStrings | undefined;
  /** Makes a predicate of an aggregation expression; given in, because expressions do not depend on filters. */
  expression: (source: Value) => (root: Document) => boolean;
  /** Makes what an aggregation expression computes; undefined stands for no value. */
  compute?: ((source: Value) => (root: Document) => Value | undefined) | undefined;
}

/** The same context for a filter that may not have `$expr`. */
export function withoutExpressions(context: FilterContext, where = 'this context'): FilterContext {
  return {
    ...context,
    expression: () => {
      throw new ServerError(224, `$expr is not allowed in ${where}`);
    },
  };
}
