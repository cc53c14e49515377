import type { Document } from '../bson/types';
import type { FilterContext } from '../query/filter-context';
import type { MatchedAt } from '../query/filter-nodes';
import { keepFound } from './array-operators';
import { readSpec } from './read';

/** A document as a projection shows it. `matched` says which element the filter found. @throws ServerError 51246 */
export type Projection = (doc: Document, matched: MatchedAt) => Document;

/**
 * Reads the projection of a `find`
 * (https://www.mongodb.com/docs/manual/reference/method/db.collection.find/#projection).
 *
 * @throws ServerError with the codes of a real server
 */
export function readProjection(source: Document, context: FilterContext): Projection {
  const { shape, positional } = readSpec(source, context);
  return (doc, { index }) => {
    const shown = shape.apply(doc);
    return positional ? keepFound(shown, positional, index) : shown;
  };
}
