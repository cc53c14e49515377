/** Something that must hold for this process to be sent requests. Rejects, in words, where it does not. */
export type HealthCheck = () => Promise<unknown>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

const ANSWER_WITHIN = 1_000;

/** Asks all checks at once; one that does not answer in a second counts as failed. */
export async function checkReadiness(checks: Readonly<Record<string, HealthCheck>>): Promise<Readiness> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
  );
  return { ready: answers.every(([, answer]) => answer === 'ok'), checks: Object.fromEntries(answers) };
}

async function outcome(check: HealthCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer within 1 s'), ANSWER_WITHIN);
  });
  const asked = check().then(
    () => 'ok',
    // The reason is the log's business: it may name hosts.
    () => 'failed',
  );
  const answer = await Promise.race([asked, late]);
  clearTimeout(timer);
  return answer;
}
