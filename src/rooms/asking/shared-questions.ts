import { inTurns } from './in-turns';

/**
 * Runs a query once for all callers that ask for the same at the same time. Callers that come while it runs wait for the next one, which
 * starts after they asked: no caller gets a result that is older than its request.
 */
export class SharedQuestions<Answer> {
  private readonly asked = new Map<string, { waiting: number; readonly ask: () => Promise<Answer> }>();

  /** @param key the same for two questions only where each may have the other's answer */
  async answer(key: string, question: () => Promise<Answer>): Promise<Answer> {
    const shared = this.asked.get(key) ?? { waiting: 0, ask: turnsOf(question) };
    this.asked.set(key, shared);
    shared.waiting += 1;
    try {
      return await shared.ask();
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.asked.delete(key);
    }
  }
}

function turnsOf<Answer>(question: () => Promise<Answer>): () => Promise<Answer> {
  const ask = inTurns<void, Answer>(async () => {
    const answer = await question();
    return () => answer;
  });
  return () => ask();
}
