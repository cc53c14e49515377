import type { Answer } from './ask';
import type { Case, Command } from './operations';

/** One command and what the two servers answered. */
interface Disagreement {
  readonly one: Case;
  readonly command: Command;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** A way in which the embedded database differs from MongoDB, and how it shows. Each is a line in docs/. */
export interface KnownDifference {
  readonly name: string;
  readonly explains: (it: Disagreement) => boolean;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    name: 'of an expression with two faults another one may be named: MongoDB folds constants and evaluates operands in its own order',
    explains: ({ command, ours, theirs }) =>
      hasExpression(command) && ours.error !== undefined && theirs.error !== undefined,
  },
  {
    name: 'an expression with a constant operand of a wrong type fails when the first document comes; MongoDB refuses some of them while it optimizes',
    explains: ({ ours, theirs }) =>
      ours.error === undefined && theirs.error?.message.startsWith('Failed to optimize pipeline') === true,
  },
  {
    name: 'an expression fails on a document that a later stage would leave out; MongoDB moves such stages ahead, or does not compute what none of them uses',
    explains: ({ command, ours, theirs }) =>
      'aggregate' in command &&
      ours.error !== undefined &&
      theirs.error === undefined &&
      mentions(command, laterStage),
  },
  {
    name: 'of an update that is refused for its path and for its array filter, the path is named first',
    explains: ({ command, ours, theirs }) =>
      mentions(command, /"arrayFilters"/) && ours.error !== undefined && theirs.error !== undefined,
  },
  {
    name: 'the fields that an upsert takes from its filter come in the order of the filter; MongoDB has no fixed order for them',
    explains: ({ one, ours, theirs }) =>
      mentions(one.write, /"upsert":true/) && sorted(ours.reply) === sorted(theirs.reply),
  },
];

const laterStage = /"\$(skip|limit|match|group|unset|project|count|unwind)"/;

const mentions = (command: Command, what: RegExp): boolean => what.test(JSON.stringify(command));

/** Whether a command has an aggregation expression. */
function hasExpression(command: Command): boolean {
  const isPipeline = Array.isArray(command['update']) || mentions(command, /"u":\[/);
  return isPipeline || 'aggregate' in command || mentions(command, /"\$expr"|"projection"/);
}

/** As text, with the fields of every document in one order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
