import type { ConfigProblem } from './bad-config';
import { type Values, type VariableName, variables } from './variables';

/** What a process is started with: names and texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are set, the good ones parsed, and what is wrong with the others. */
export interface EnvironmentRead {
  /** A variable with a problem has its fallback here, so that the rules that join variables can still be asked. */
  readonly values: Values;
  readonly set: ReadonlySet<VariableName>;
  readonly problems: ConfigProblem[];
}

/** Reads each variable by itself. A blank one counts as unset. */
export function readValues(env: Environment): EnvironmentRead {
  const values: Partial<Record<VariableName, unknown>> = {};
  const set = new Set<VariableName>();
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(variables) as VariableName[]) {
    const { kind, example, ...rest } = variables[name];
    const text = env[name]?.trim() ?? '';
    values[name] = 'fallback' in rest ? kind.parse(rest.fallback) : undefined;
    if (text === '') continue;
    set.add(name);
    const read = kind.safeParse(text);
    if (read.success) {
      values[name] = read.data;
      continue;
    }
    const shown =
      'secret' in rest ? `is not (${text.length} characters, not shown)` : `is ${shownValue(text)}`;
    problems.push({
      variable: name,
      complaint: `must be ${read.error.issues[0]?.message}, and ${shown}`,
      example: `${name}=${example}`,
    });
  }
  return { values: values as Values, set, problems };
}

/** The value in quotes, cut to a line, with the credentials of an address taken out. */
function shownValue(text: string): string {
  const from = text.indexOf('//');
  const to = text.lastIndexOf('@');
  const safe = from >= 0 && to > from ? `${text.slice(0, from)}//${text.slice(to + 1)}` : text;
  return JSON.stringify(safe.length > 100 ? `${safe.slice(0, 100)}…` : safe);
}
