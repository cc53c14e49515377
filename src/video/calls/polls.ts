import { z } from 'zod';
import { snakeKeys } from '../shapes';
import {
  type HmsPoll,
  type HmsPollOption,
  type HmsPollQuestion,
  type HmsPollResponse,
  type HmsPollResult,
  type HmsPollSession,
  hmsPoll,
  hmsPollOption,
  hmsPollQuestion,
  hmsPollResponse,
  hmsPollResult,
  hmsPollSession,
  type NewHmsPoll,
  type NewHmsPollOption,
  type NewHmsPollQuestion,
} from './poll-shapes';
import { type HmsVerbs, path } from './verbs';

/** A question by its index, from 1 on. */
interface QuestionPlace {
  readonly pollId: string;
  readonly question: number;
}

interface OptionPlace extends QuestionPlace {
  readonly option: number;
}

/** "Polls" of the 100ms documentation. A room has those of its `polls`; people answer them by 100ms's client SDKs. */
export class HmsPolls {
  constructor(private readonly verbs: HmsVerbs) {}

  create(poll: NewHmsPoll, signal?: AbortSignal): Promise<HmsPoll> {
    return this.verbs.act({ path: '/polls', body: snakeKeys(poll), answer: hmsPoll, signal });
  }

  get(pollId: string, signal?: AbortSignal): Promise<HmsPoll> {
    return this.verbs.get({ path: path`/polls/${pollId}`, answer: hmsPoll, signal });
  }

  /** Sets every member: what is not given is lost. */
  overwrite(pollId: string, poll: NewHmsPoll, signal?: AbortSignal): Promise<HmsPoll> {
    return this.verbs.set({ path: path`/polls/${pollId}`, body: snakeKeys(poll), answer: hmsPoll, signal });
  }

  /** Sets every member: what is not given is lost. */
  overwriteQuestion(
    at: QuestionPlace,
    question: NewHmsPollQuestion,
    signal?: AbortSignal,
  ): Promise<HmsPollQuestion> {
    const body = snakeKeys(question);
    return this.verbs.set({ path: questionPath(at), body, answer: hmsPollQuestion, signal });
  }

  /** Sets every member: what is not given is lost. */
  overwriteOption(at: OptionPlace, option: NewHmsPollOption, signal?: AbortSignal): Promise<HmsPollOption> {
    const body = snakeKeys(option);
    return this.verbs.set({ path: optionPath(at), body, answer: hmsPollOption, signal });
  }

  /** Those after it move up by one, so it is never repeated where it may have been done. */
  async removeQuestion(at: QuestionPlace, signal?: AbortSignal): Promise<void> {
    await this.verbs.removeOnce({ path: questionPath(at), answer: z.unknown(), signal });
  }

  /** Those after it move up by one, so it is never repeated where it may have been done. */
  async removeOption(at: OptionPlace, signal?: AbortSignal): Promise<void> {
    await this.verbs.removeOnce({ path: optionPath(at), answer: z.unknown(), signal });
  }

  /** Where it was put to people. */
  sessions(pollId: string, signal?: AbortSignal): AsyncIterable<HmsPollSession> {
    return this.verbs.list(path`/polls/${pollId}/sessions`, hmsPollSession, { under: 'responses', signal });
  }

  /** @param all also those that their authors have replaced since */
  responses(
    pollId: string,
    { question, all }: { readonly question?: number; readonly all?: boolean } = {},
    signal?: AbortSignal,
  ): AsyncIterable<HmsPollResponse> {
    const query = { question: question?.toString(), all: all?.toString() };
    const asked = { query, under: 'responses', signal } as const;
    return this.verbs.list(path`/polls/${pollId}/responses`, hmsPollResponse, asked);
  }

  response(pollId: string, responseId: string, signal?: AbortSignal): Promise<HmsPollResponse> {
    const answer = hmsPollResponse;
    return this.verbs.get({ path: path`/polls/${pollId}/responses/${responseId}`, answer, signal });
  }

  results(
    pollId: string,
    { question }: { readonly question?: number } = {},
    signal?: AbortSignal,
  ): AsyncIterable<HmsPollResult> {
    const asked = { query: { question: question?.toString() }, under: 'results', signal } as const;
    return this.verbs.list(path`/polls/${pollId}/results`, hmsPollResult, asked);
  }

  result(pollId: string, resultId: string, signal?: AbortSignal): Promise<HmsPollResult> {
    const answer = hmsPollResult;
    return this.verbs.get({ path: path`/polls/${pollId}/results/${resultId}`, answer, signal });
  }
}

function questionPath({ pollId, question }: QuestionPlace): string {
  return path`/polls/${pollId}/questions/${String(question)}`;
}

function optionPath({ option, ...at }: OptionPlace): string {
  return `${questionPath(at)}${path`/options/${String(option)}`}`;
}
