import type mongoose from 'mongoose';
import type { Target } from '../targets';

/** What the tests of the conformance suite are given: a server, and an empty collection for each test. */
export interface Subject {
  target(): Target;
  /** A collection that nobody else uses, filled with these documents. */
  collection(...documents: mongoose.mongo.Document[]): Promise<mongoose.mongo.Collection>;
}

/** Defines tests; jest's own `it`, or one that expects a failure where a difference is known. */
export type Define = (title: string, test: () => Promise<void>, timeout?: number) => void;

/** A part of the suite. */
export type Part = (it: Define, subject: Subject) => void;

/** The error that an operation fails with. */
export async function failure(operation: Promise<unknown>): Promise<mongoose.mongo.MongoServerError> {
  try {
    await operation;
  } catch (error) {
    return error as mongoose.mongo.MongoServerError;
  }
  throw new Error('The operation succeeded.');
}

/** The ids of what a filter finds, in order. */
export async function idsOf(
  collection: mongoose.mongo.Collection,
  filter: mongoose.mongo.Document,
): Promise<unknown[]> {
  const found = await collection.find(filter).sort({ _id: 1 }).project({ _id: 1 }).toArray();
  return found.map(({ _id }) => _id);
}
