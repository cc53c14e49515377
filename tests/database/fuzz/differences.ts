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
      operatorsIn(command) >= 2 && isOfEvaluation(ours) && isOfEvaluation(theirs),
  },
  {
    name: 'an expression with a constant operand of a wrong type fails when the first document comes; MongoDB refuses some of them while it optimizes',
    explains: ({ ours, theirs }) =>
      ours.error === undefined && theirs.error?.message.startsWith('Failed to optimize pipeline') === true,
  },
  {
    name: 'an expression fails on a document that a later stage would leave out; MongoDB moves such stages ahead, or does not compute what none of them uses',
    explains: ({ command, ours, theirs }) =>
      isOfEvaluation(ours) && theirs.error === undefined && computesBeforeItLeavesOut(command),
  },
  {
    name: 'a positional projection fails on a document that skip leaves out; here it is not projected',
    explains: ({ command, ours, theirs }) =>
      'find' in command &&
      Number(command['skip'] ?? 0) > 0 &&
      ours.error === undefined &&
      theirs.error?.code === 51_246,
  },
  {
    name: 'of several documents that match, an update or a delete of one may take another one: MongoDB may go through an index where this scans',
    explains: ({ one, command, ours, theirs }) =>
      one.indexes.length > 0 && isLookAtTheEnd(command) && writesOne(one.write) && differInTwo(ours, theirs),
  },
  {
    name: 'the fields that an upsert takes from its filter come in the order of the filter; MongoDB has no fixed order for them',
    explains: ({ one, ours, theirs }) =>
      mentions(one.write, /"upsert":true/) && sorted(ours.reply) === sorted(theirs.reply),
  },
];

/** The last command of a case reads what its write left. */
const isLookAtTheEnd = (command: Command): boolean => 'find' in command && !('filter' in command);

/** Whether a write changes one document and leaves the server to choose which of those that match. */
function writesOne(write: Command): boolean {
  const [update] = (write['updates'] ?? []) as { multi?: boolean }[];
  const [remove] = (write['deletes'] ?? []) as { limit?: number }[];
  if ('findAndModify' in write) return !('sort' in write);
  return update?.multi === false || remove?.limit === 1;
}

/** Whether two lists of documents are the same but for one document changed here and another there. */
function differInTwo(ours: Answer, theirs: Answer): boolean {
  const [a, b] = [ours, theirs].map(({ reply }) => (reply as unknown[]).map((each) => JSON.stringify(each)));
  const missing = (from: readonly string[] = [], other: readonly string[] = []) =>
    from.filter((each) => !other.includes(each)).length;
  return missing(a, b) <= 2 && missing(b, a) <= 2;
}

const mentions = (command: Command, what: RegExp): boolean => what.test(JSON.stringify(command));

/** Whether an answer is an error of evaluating an expression, and not of the command around it. */
function isOfEvaluation({ error }: Answer): boolean {
  const [BAD_VALUE, FAILED_TO_PARSE, TYPE_MISMATCH, CONVERSION_FAILURE] = [2, 9, 14, 241];
  // Operators of expressions have codes of their own, which begin there.
  const FIRST_LOCATION = 10_000;
  if (!error) return false;
  return (
    error.code >= FIRST_LOCATION ||
    [BAD_VALUE, FAILED_TO_PARSE, TYPE_MISMATCH, CONVERSION_FAILURE].includes(error.code)
  );
}

/** How many operators the expressions of a command have: one alone cannot have two faults. */
function operatorsIn(command: Command): number {
  const isPipeline = Array.isArray(command['update']) || mentions(command, /"u":\[/);
  if (!isPipeline && !('aggregate' in command) && !mentions(command, /"\$expr"|"projection"/)) return 0;
  return JSON.stringify(command).match(/"\$[a-z]\w*":/gi)?.length ?? 0;
}

const computing = ['$set', '$addFields', '$project', '$replaceRoot', '$replaceWith', '$group', '$lookup'];
const leavingOut = ['$skip', '$limit', '$match', '$group', '$unset', '$project', '$count', '$unwind'];

/** Whether a stage that computes is followed by one that leaves documents or fields out. */
function computesBeforeItLeavesOut(command: Command): boolean {
  const pipeline = (command['pipeline'] ?? []) as Record<string, unknown>[];
  const names = pipeline.map((stage) => Object.keys(stage)[0] ?? '');
  const first = names.findIndex((name) => computing.includes(name));
  return first >= 0 && names.slice(first + 1).some((name) => leavingOut.includes(name));
}

/** As text, with the fields of every document in one order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
