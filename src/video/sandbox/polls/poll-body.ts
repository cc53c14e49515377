import { badBody } from '../api-error';
import { asObject, type Body, optional } from '../body';
import type { Poll, PollAnswer, PollOption, PollQuestion } from './poll';

/** As documented, with the documented defaults for what is left out. @throws ApiError 400 */
export function readPoll(body: unknown): Omit<Poll, 'id'> {
  const given = asObject(body);
  return {
    title: optional(given, 'title', 'string') ?? '',
    duration: numberIn(given, 'duration', 0),
    anonymous: optional(given, 'anonymous', 'boolean') ?? false,
    mode: oneOf(given, 'mode', ['userid', 'peerid']),
    type: oneOf(given, 'type', ['poll', 'quiz']),
    start: oneOf(given, 'start', ['auto', 'manual']),
    questions: listIn(given, 'questions').map((question, place) => readQuestion(question, place + 1)),
  };
}

/** @param index where it stands; the body may say the same and nothing else */
export function readQuestion(body: unknown, index: number): PollQuestion {
  const given = asObject(body);
  checkIndex(given, index);
  const answer = given['answer'] ? { answer: readAnswer(asObject(given['answer'])) } : {};
  return {
    index,
    text: optional(given, 'text', 'string') ?? '',
    format: optional(given, 'format', 'string') ?? 'text',
    attachment: listIn(given, 'attachment').map(asObject),
    skippable: optional(given, 'skippable', 'boolean') ?? true,
    duration: numberIn(given, 'duration', 0),
    once: optional(given, 'once', 'boolean') ?? false,
    weight: numberIn(given, 'weight', 1),
    answer_min_len: numberIn(given, 'answer_min_len', 1),
    answer_max_len: numberIn(given, 'answer_max_len', 1_024),
    type: optional(given, 'type', 'string') ?? 'single-choice',
    ...answer,
    options: listIn(given, 'options').map((option, place) => readOption(option, place + 1)),
  };
}

/** @param index as with questions */
export function readOption(body: unknown, index: number): PollOption {
  const given = asObject(body);
  checkIndex(given, index);
  return { index, text: optional(given, 'text', 'string') ?? '', weight: numberIn(given, 'weight', 1) };
}

function readAnswer(given: Body): PollAnswer {
  const options = listIn(given, 'options');
  if (!options.every((option) => typeof option === 'number')) throw badBody('answer.options');
  return {
    hidden: optional(given, 'hidden', 'boolean') ?? false,
    options: options as number[],
    text: optional(given, 'text', 'string') ?? '',
    case: optional(given, 'case', 'boolean') ?? false,
    trim: optional(given, 'trim', 'boolean') ?? true,
  };
}

function checkIndex(given: Body, index: number): void {
  if ((optional(given, 'index', 'number') ?? index) !== index) throw badBody('index');
}

function listIn(given: Body, name: string): readonly unknown[] {
  const value = given[name] ?? [];
  if (!Array.isArray(value)) throw badBody(name);
  return value;
}

function numberIn(given: Body, name: string, fallback: number): number {
  const value = optional(given, name, 'number') ?? fallback;
  if (!(value >= 0)) throw badBody(name);
  return value;
}

/** The first is the default. */
function oneOf<const T extends string>(given: Body, name: string, values: readonly [T, ...T[]]): T {
  const value = optional(given, name, 'string') || values[0];
  const found = values.find((each) => each === value);
  if (found === undefined) throw badBody(name);
  return found;
}
