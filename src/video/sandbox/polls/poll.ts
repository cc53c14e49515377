export interface PollOption {
  readonly index: number;
  readonly text: string;
  readonly weight: number;
}

/** The right one: options by their index, or a text. */
export interface PollAnswer {
  readonly hidden: boolean;
  readonly options: readonly number[];
  readonly text: string;
  readonly case: boolean;
  readonly trim: boolean;
}

export interface PollQuestion {
  /** From 1 on, without a gap. */
  readonly index: number;
  readonly text: string;
  readonly type: string;
  readonly format: string;
  readonly attachment: readonly object[];
  readonly skippable: boolean;
  readonly duration: number;
  readonly once: boolean;
  readonly weight: number;
  readonly answer_min_len: number;
  readonly answer_max_len: number;
  readonly answer?: PollAnswer;
  readonly options: readonly PollOption[];
}

export interface Poll {
  readonly id: string;
  readonly title: string;
  readonly duration: number;
  readonly anonymous: boolean;
  readonly mode: 'userid' | 'peerid';
  readonly type: 'poll' | 'quiz';
  readonly start: 'auto' | 'manual';
  readonly questions: readonly PollQuestion[];
}

/** A poll in one session of a room. */
export interface PollSession {
  readonly id: string;
  readonly poll_id: string;
  readonly session_id: string;
  readonly started_at: string;
  readonly stopped_at: string;
}

/** One peer's response to one question. */
export interface PollResponse {
  readonly id: string;
  readonly poll_id: string;
  readonly session_id: string;
  readonly duration: number;
  readonly question: number;
  readonly skipped: boolean;
  readonly text: string;
  readonly options: readonly number[];
  readonly update: boolean;
  /** The first that its author gave; empty where this is it. */
  readonly original_response: string;
  readonly retries: number;
  readonly sent_at: string;
  /** Both empty in an anonymous poll. */
  readonly peer_id: string;
  readonly user_id: string;
}
