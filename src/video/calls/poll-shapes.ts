import { z } from 'zod';
import { id, objectOf, optionalFlag, optionalNumber, optionalText, time } from '../shapes';

const manyOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

export const hmsPollOption = objectOf({ index: z.number(), text: optionalText, weight: optionalNumber });

export const hmsPollQuestion = objectOf({
  /** From 1 on. */
  index: z.number(),
  text: optionalText,
  format: optionalText,
  attachment: manyOf(objectOf({ type: optionalText, url: optionalText })),
  skippable: optionalFlag,
  /** In seconds; 0: as long as the poll. */
  duration: optionalNumber,
  once: optionalFlag,
  weight: optionalNumber,
  answer_min_len: optionalNumber,
  answer_max_len: optionalNumber,
  type: optionalText,
  answer: objectOf({
    hidden: optionalFlag,
    options: manyOf(z.number()),
    text: optionalText,
    case: optionalFlag,
    trim: optionalFlag,
  })
    .optional()
    .catch(undefined),
  options: manyOf(hmsPollOption),
});

export const hmsPoll = objectOf({
  id,
  title: optionalText,
  duration: optionalNumber,
  anonymous: optionalFlag,
  mode: optionalText,
  type: optionalText,
  start: optionalText,
  questions: manyOf(hmsPollQuestion),
});

export const hmsPollSession = objectOf({
  id,
  poll_id: z.string(),
  session_id: z.string(),
  started_at: time,
  stopped_at: time,
  total_responses: optionalNumber,
  unique_participants: optionalNumber,
});

export const hmsPollResponse = objectOf({
  id,
  poll_id: z.string(),
  session_id: z.string(),
  duration: optionalNumber,
  question: z.number(),
  skipped: optionalFlag,
  text: optionalText,
  update: optionalFlag,
  original_response: optionalText,
  retries: optionalNumber,
  sent_at: time,
  peer_id: optionalText,
  user_id: optionalText,
});

export const hmsPollResult = objectOf({
  id,
  poll_id: z.string(),
  session_id: z.string(),
  question: z.number(),
  duration: optionalNumber,
  peer_id: optionalText,
  user_id: optionalText,
  score: optionalNumber,
});

/** Questions that are put to the people in a room. */
export type HmsPoll = z.infer<typeof hmsPoll>;
export type HmsPollQuestion = z.infer<typeof hmsPollQuestion>;
export type HmsPollOption = z.infer<typeof hmsPollOption>;
/** A poll in one session of a room. */
export type HmsPollSession = z.infer<typeof hmsPollSession>;
/** One peer's response to one question; an `update` replaces `originalResponse`. */
export type HmsPollResponse = z.infer<typeof hmsPollResponse>;
/** One peer's score for one question. */
export type HmsPollResult = z.infer<typeof hmsPollResult>;

export interface NewHmsPollOption {
  readonly index?: number;
  readonly text?: string;
  readonly weight?: number;
}

export interface NewHmsPollQuestion {
  readonly index?: number;
  readonly text?: string;
  /** Such as `single-choice`. */
  readonly type?: string;
  readonly format?: string;
  readonly attachment?: readonly { readonly type: string; readonly url: string }[];
  /** True by default. */
  readonly skippable?: boolean;
  /** In seconds. */
  readonly duration?: number;
  /** Whether an answer is final; false by default. */
  readonly once?: boolean;
  /** What a right answer scores: 1 by default. */
  readonly weight?: number;
  readonly answerMinLen?: number;
  readonly answerMaxLen?: number;
  /** The right one, where there is one: options by their index, or a text, compared as `case` and `trim` say. */
  readonly answer?: {
    readonly hidden?: boolean;
    readonly options?: readonly number[];
    readonly text?: string;
    readonly case?: boolean;
    readonly trim?: boolean;
  };
  readonly options?: readonly NewHmsPollOption[];
}

export interface NewHmsPoll {
  readonly title?: string;
  /** In seconds; 0, the default: until it is stopped or the session ends. */
  readonly duration?: number;
  /** Hides who responded; false by default. */
  readonly anonymous?: boolean;
  /** Whose answer counts once: a user's, by default, or a peer's. */
  readonly mode?: 'userid' | 'peerid';
  /** `poll` by default. */
  readonly type?: 'poll' | 'quiz';
  /** `auto`, the default: with the session of each room that it is linked with, by `polls` of the room. */
  readonly start?: 'auto' | 'manual';
  readonly questions?: readonly NewHmsPollQuestion[];
}
