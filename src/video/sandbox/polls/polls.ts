import { ApiError, badBody, notFound } from '../api-error';
import type { Attendance } from '../sessions/attendance';
import type { Peer, Session } from '../sessions/session';
import type { Timers } from '../timers';
import type { Workspace } from '../workspace';
import type { Poll, PollQuestion, PollResponse, PollSession } from './poll';

/** What a client SDK sends for a peer that responds. */
export interface Answering {
  readonly peerId: string;
  /** By its index. */
  readonly question: number;
  readonly options?: readonly number[] | undefined;
  readonly text?: string | undefined;
  /** What it took, in milliseconds. */
  readonly duration?: number | undefined;
}

/** Running polls: started with the session of their room or by a peer, and ended with the session. */
export class Polls {
  constructor(private readonly parts: { workspace: Workspace; attendance: Attendance; timers: Timers }) {
    parts.attendance.onOpened((session) => {
      const { rooms, polls } = parts.workspace;
      for (const id of rooms.get(session.room_id)?.polls ?? []) {
        const poll = polls.get(id);
        if (poll?.start === 'auto') this.run(poll, session);
      }
    });
    parts.attendance.onClosed(({ id }) => {
      for (const run of parts.workspace.pollSessions.all()) if (run.session_id === id) this.stop(run);
    });
    for (const run of parts.workspace.pollSessions.all()) this.stopLater(run);
  }

  /** @throws ApiError 404 */
  wanted(id: string): Poll {
    const found = this.parts.workspace.polls.get(id);
    if (!found) throw notFound('poll');
    return found;
  }

  /** As a peer does by a client SDK. */
  start(pollId: string, roomId: string): PollSession {
    const session = this.parts.attendance.running.session(roomId);
    if (!session) throw notFound('session');
    return this.run(this.wanted(pollId), session);
  }

  /** As a peer does by a client SDK. A later response replaces the earlier one. */
  answer(pollId: string, { peerId, question: index, options = [], text = '', duration = 0 }: Answering) {
    const { pollResponses, clock } = this.parts.workspace;
    const poll = this.wanted(pollId);
    const question = questionOf(poll, index);
    const { peer, run } = this.partaking(poll, peerId);
    const skipped = options.length === 0 && text === '';
    if (skipped && !question.skippable) throw badBody('options');
    const before = pollResponses
      .group(pollId)
      .filter((given) => given.session_id === run.session_id && given.question === index)
      .filter((given) =>
        poll.mode === 'userid' ? given.user_id === peer.user_id : given.peer_id === peerId,
      );
    const first = poll.anonymous ? undefined : before[0];
    if (first && question.once) throw new ApiError(400, 'the question was answered already');
    return pollResponses.put({
      id: clock.objectId(),
      poll_id: pollId,
      session_id: run.session_id,
      duration,
      question: index,
      skipped,
      text,
      options,
      update: first !== undefined,
      original_response: first?.id ?? '',
      retries: 0,
      sent_at: clock.timestamp(),
      peer_id: poll.anonymous ? '' : peerId,
      user_id: poll.anonymous ? '' : peer.user_id,
    });
  }

  /** The newest answers, without those that their authors have replaced. */
  newest(pollId: string): PollResponse[] {
    const given = this.parts.workspace.pollResponses.group(pollId);
    const replaced = new Map(given.map((each) => [each.original_response || each.id, each.id]));
    return given.filter(({ id, original_response }) => replaced.get(original_response || id) === id);
  }

  private partaking(poll: Poll, peerId: string): { peer: Peer; run: PollSession } {
    const { peers, pollSessions } = this.parts.workspace;
    const peer = peers.get(peerId);
    if (!peer || peer.left_at !== undefined) throw notFound('peer');
    const isTheirs = (run: PollSession) => run.session_id === peer.session_id && run.stopped_at === '';
    const run = pollSessions.group(poll.id).find(isTheirs);
    if (!run) throw new ApiError(400, 'the poll is not running');
    return { peer, run };
  }

  private run(poll: Poll, { id: session_id }: Session): PollSession {
    const { pollSessions, clock } = this.parts.workspace;
    const running = pollSessions.group(poll.id).find((run) => run.session_id === session_id);
    if (running) return running;
    const started_at = clock.timestamp();
    const id = clock.objectId();
    const run = pollSessions.put({ id, poll_id: poll.id, session_id, started_at, stopped_at: '' });
    this.stopLater(run);
    return run;
  }

  /** Where the poll has a duration. */
  private stopLater(run: PollSession): void {
    const { duration = 0 } = this.parts.workspace.polls.get(run.poll_id) ?? {};
    if (duration > 0 && run.stopped_at === '')
      this.parts.timers.after(duration, () => this.stop(run), new Date(run.started_at));
  }

  private stop({ id }: PollSession): void {
    const { pollSessions, clock } = this.parts.workspace;
    const run = pollSessions.get(id);
    if (run?.stopped_at === '') pollSessions.put({ ...run, stopped_at: clock.timestamp() });
  }
}

/** @throws ApiError 404 */
export function questionOf(poll: Poll, index: number): PollQuestion {
  const found = poll.questions[index - 1];
  if (!found) throw notFound('question');
  return found;
}

/** The weight of the question where the answer is the right one, and nothing otherwise. */
export function scoreOf({ answer, weight }: PollQuestion, { options, text }: PollResponse): number {
  if (!answer) return 0;
  const plain = (given: string) => {
    const trimmed = answer.trim ? given.trim() : given;
    return answer.case ? trimmed : trimmed.toLowerCase();
  };
  const isRight =
    options.length > 0
      ? String([...options].sort()) === String([...answer.options].sort())
      : text !== '' && plain(text) === plain(answer.text);
  return isRight ? weight : 0;
}
