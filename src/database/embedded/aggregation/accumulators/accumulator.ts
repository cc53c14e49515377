import type { CompareStrings } from '../../bson/compare';
import type { Value } from '../../bson/types';

/** One running result: of one group in `$group`, or of one evaluation in an expression. */
export interface Running {
  take(value: Value | undefined): void;
  /** Undefined without a result. */
  readonly result: Value | undefined;
  /** True once no further value can change the result: later ones need not be evaluated, and cannot fail. */
  readonly isComplete?: boolean;
}

/** What a new running result may depend on besides its values. */
export interface RunningSetting {
  strings?: CompareStrings | undefined;
  /** Told of every value that is kept, for the limit on memory. */
  keep?: (value: Value) => void;
}

export type StartRunning = (setting: RunningSetting) => Running;
