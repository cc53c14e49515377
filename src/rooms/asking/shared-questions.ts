import { inTurns } from './in-turns';

/**
 * Asks a question once for everybody who asks the same at the same time. Who comes while it is out waits for the next turn, which
 * begins after they asked: nobody gets an answer that is older than their question.
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
