import { isDatabaseError } from '../../database/connect';
import type { FailingTask } from './upkeep';

/** What to tell the operator of failing background tasks. */
export interface BackgroundProblem {
  readonly message: string;
  /** Whether the database is the cause for one of them. */
  readonly isOfDatabase: boolean;
}

/** Describes failing tasks without a host or a secret. Undefined where none fails. */
export function problemOf(failing: readonly FailingTask[]): BackgroundProblem | undefined {
  if (failing.length === 0) return undefined;
  const [ofDatabase, others] = [true, false].map((wanted) =>
    failing.filter(({ error }) => isDatabaseError(error) === wanted),
  ) as [FailingTask[], FailingTask[]];
  const sentences = [
    ...(ofDatabase.length > 0
      ? [
          `Background tasks fail because of the database: ${listed(ofDatabase)}. Leases, retention and repairs stand still ` +
            'until they succeed. Check that it has a primary, has space, and lets the user of MONGO_URI read and write.',
        ]
      : []),
    ...(others.length > 0
      ? [
          `Background tasks keep failing and are retried: ${listed(others)}. ` +
            'The log has each failure with "what":"upkeep" and the task in "about".',
        ]
      : []),
  ];
  return { message: sentences.join(' '), isOfDatabase: ofDatabase.length > 0 };
}

function listed(failing: readonly FailingTask[]): string {
  return failing.map(({ name, error }) => `${name} (${labelOf(error)})`).join(', ');
}

/** The error without its message, which may name a host. */
function labelOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code, codeName } = error as { code?: unknown; codeName?: unknown };
  return [error.name, codeName ?? code].filter((part) => part !== undefined).join(' ');
}
