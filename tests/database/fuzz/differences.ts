import type { Answer } from './ask';
import type { Command } from './operations';

/** One command and what the two servers answered. */
interface Disagreement {
  readonly command: Command;
  /** What was written before, or is being written. */
  readonly write: Command;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** A way in which the embedded database differs from MongoDB, and how it shows. Each is a line in docs/. */
export interface KnownDifference {
  readonly name: string;
  readonly explains: (it: Disagreement) => boolean;
}

export const knownDifferences: readonly KnownDifference[] = [];
