import type { Environment } from './values';
import { type VariableName, variables } from './variables';

/** Names that other programs read from the same environment or file. */
const foreign =
  /^(OTEL|NODE|NPM|npm|UV|COMPOSE|DOCKER|BUILDKIT)_|^(TZ|LANG|PATH|DEBUG|SSL_CERT_FILE|SSL_CERT_DIR)$|^(https?|no|all)_proxy$/i;
/** Names up to this length have too many neighbours for two differences. */
const SHORT_NAME = 5;

/**
 * Warns of names that look like a misspelt setting, and of names in `.env` that nothing reads: either is ignored otherwise, and the
 * service runs with a default that was not meant. Values are never shown.
 *
 * @param inFile the names that `.env` sets
 */
export function unknownNames(env: Environment, inFile: readonly string[]): string[] {
  const known: ReadonlySet<string> = new Set(Object.keys(variables));
  const names = [...new Set([...Object.keys(env), ...inFile])];
  return names
    .filter((name) => !known.has(name) && !foreign.test(name))
    .flatMap((name) => warningOf(name, { env, isInFile: inFile.includes(name) }));
}

function warningOf(name: string, { env, isInFile }: { env: Environment; isInFile: boolean }): string[] {
  const near = (Object.keys(variables) as VariableName[]).find((known) => isNear(name, known));
  const isNearUnset = near !== undefined && !env[near]?.trim();
  if (isNearUnset) return [`warning: ${name} is not a setting of Rollcall. Did you mean ${near}?`];
  return isInFile ? [`warning: ${name} in .env is not a setting of Rollcall, and has no effect.`] : [];
}

function isNear(name: string, known: string): boolean {
  const most = known.length <= SHORT_NAME ? 1 : 2;
  return Math.abs(name.length - known.length) <= most && differences(name.toUpperCase(), known) <= most;
}

/** How many letters must be added, removed, replaced or swapped with their neighbour to make `b` of `a`. */
function differences(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
