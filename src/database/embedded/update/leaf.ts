import type { CompareStrings } from '../bson/compare';
import { show } from '../bson/show';
import type { Document, Value } from '../bson/types';

/** Where a change happens. */
export interface Place {
  /** The document as it was, for the texts of errors and for `$rename`. */
  readonly root: Document;
  readonly path: string;
}

/** What one operator does to one path. */
export interface Leaf {
  readonly operator: string;
  /**
   * The value to put in the place of one that is there; the very same one for no change; undefined to take it away.
   * @throws ServerError where the operator cannot work on such a value
   */
  change(value: Value, place: Place): Value | undefined;
  /** The value for a field that is not there; undefined: the operator leaves it so. */
  create(place: Place): Value | undefined;
  /**
   * What a path that leads through something that is neither document nor array means: an error that it cannot be
   * created, an error that it cannot be walked, or nothing at all.
   */
  readonly unviable: 'cannotCreate' | 'cannotTraverse' | 'nothing';
  /** Only for documents that an upsert inserts. */
  readonly onInsertOnly?: boolean;
  /** `$rename`: where the value comes from. */
  readonly from?: readonly string[];
}

/** What operators take from the command around them. */
export interface LeafContext {
  readonly strings: CompareStrings | undefined;
  readonly now: () => Date;
  /** A condition on one element of an array, as `$pull` takes it. */
  readonly elementTest: (condition: Value) => (element: Value) => boolean;
}

/** Reads the operand that an operator has for one path. */
export type ReadLeaf = (operand: Value, path: string, context: LeafContext) => Leaf;

/** A field as the texts of errors show it: `{a: 1}`. */
export const shownField = (name: string, value: Value): string => `{${name}: ${show(value)}}`;

/** The document that an error is about, by its _id: `{_id: 1}`. */
export function shownId(root: Document): string {
  const id = root.get('_id');
  return id === undefined ? '{no id}' : `{_id: ${show(id)}}`;
}
