import type { Answer } from './ask';
import type { Command } from './operations';

/** One command and what the two servers said to it. */
interface Disagreement {
  readonly command: Command;
  /** What was written before, or is being written. */
  readonly write: Command;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** A way in which the other server differs from the MongoDB manual, and how it shows. Each is a row in docs/. */
export interface KnownDifference {
  readonly name: string;
  readonly explains: (it: Disagreement) => boolean;
}

/**
 * Those of FerretDB that come up by chance. What it does not know or cannot survive at all is not even asked: see
 * ./operations.ts.
 */
export const ferretDbDifferences: readonly KnownDifference[] = [
  {
    name: 'fields of an inclusion come in the order of the projection',
    explains: ({ command, ours, theirs }) =>
      mentions(command, /"(projection|\$project)"/) && sorted(ours.reply) === sorted(theirs.reply),
  },
  {
    name: '$rename is not checked for conflicts',
    explains: ({ command, ours }) =>
      mentions(command, /"\$rename"/) && [2, 40].includes(ours.error?.code ?? 0),
  },
  {
    name: 'what $rename makes comes before other new fields',
    explains: ({ write, ours, theirs }) =>
      mentions(write, /"\$rename"/) && sorted(ours.reply) === sorted(theirs.reply),
  },
  {
    name: '$setOnInsert does not replace what the filter gave to the new document',
    explains: ({ write }) => mentions(write, /"\$setOnInsert"/) && mentions(write, /"upsert":true/),
  },
  {
    name: 'some errors have the code 1 instead of their own',
    explains: ({ ours, theirs }) => ours.error !== undefined && theirs.error?.code === 1,
  },
];

const mentions = (command: Command, what: RegExp): boolean => what.test(JSON.stringify(command));

/** As text, with the fields of every document in one order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
