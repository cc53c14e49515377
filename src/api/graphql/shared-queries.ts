import { inTurns } from '../../rooms/in-turns';

/**
 * Runs a query once for everybody who asks the same at the same time. Who comes while it runs waits for the next run, which
 * begins after they asked: nobody gets an answer that is older than their question.
 */
export class SharedQueries<Answer> {
  private readonly asked = new Map<string, { waiting: number; readonly run: () => Promise<Answer> }>();

  /** @param key the same for two questions only where each may see what the other is answered */
  async answer(key: string, run: () => Promise<Answer>): Promise<Answer> {
    const shared = this.asked.get(key) ?? { waiting: 0, run: turnsOf(run) };
    this.asked.set(key, shared);
    shared.waiting += 1;
    try {
      return await shared.run();
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.asked.delete(key);
    }
  }

  has(key: string): boolean {
    return this.asked.has(key);
  }
}

function turnsOf<Answer>(run: () => Promise<Answer>): () => Promise<Answer> {
  const ask = inTurns<void, Answer>(async () => {
    const answer = await run();
    return () => answer;
  });
  return () => ask();
}
