/** What both explorers show. */
export interface PageParts {
  /** What their editor holds at first. */
  readonly document: string;
  readonly needsLogin: boolean;
}

/** A value as a script takes it: nothing in it ends the script. */
export const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
