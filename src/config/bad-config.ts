/** One thing that is wrong with the environment. */
export interface ConfigProblem {
  /** The variable to change. */
  readonly variable: string;
  /** What is wrong and with which value, to be read after the variable's name. Holds no secret. */
  readonly complaint: string;
  /** A line for the environment that would do: `PORT=3000`. */
  readonly example: string;
}

/** The environment does not describe a service that may start. Its message is a page for the person at the terminal. */
export class BadConfig extends Error {
  override readonly name = 'BadConfig';

  /** @param warnings lines about settings that may be what caused the problems */
  constructor(
    readonly problems: readonly ConfigProblem[],
    warnings: readonly string[] = [],
  ) {
    super(
      [
        'Rollcall cannot start with these settings:',
        ...problems.map(
          ({ variable, complaint, example }) => `  ${variable} ${complaint}. Example: ${example}`,
        ),
        ...warnings.map((warning) => `  ${warning}`),
      ].join('\n'),
    );
  }
}
