import { type Request, Router } from 'express';
import { notFound } from '../api-error';
import { pageOf, queryFlag, queryInteger } from '../pages';
import type { Workspace } from '../workspace';
import type { Poll, PollQuestion, PollResponse, PollSession } from './poll';
import { readOption, readPoll, readQuestion } from './poll-body';
import { type Polls, questionOf, scoreOf } from './polls';

/** `/v2/polls`: their questions and options, which are numbered without a gap, and what people said in which session. */
export function pollsApi(
  { polls: kept, clock, pollSessions, pollResponses }: Workspace,
  polls: Polls,
): Router {
  const api = Router();
  const wanted = (request: Request) => polls.wanted(String(request.params['poll']));
  const asked = (request: Request) => {
    const poll = wanted(request);
    return { poll, question: questionOf(poll, Number(request.params['question'])) };
  };
  const change = (poll: Poll, question: PollQuestion) => {
    const questions = poll.questions.map((each) => (each.index === question.index ? question : each));
    kept.put({ ...poll, questions });
  };

  api.post('/', (request, response) => {
    response.json(kept.put({ id: clock.objectId(), ...readPoll(request.body) }));
  });
  api
    .route('/:poll')
    .get((request, response) => {
      response.json(wanted(request));
    })
    .post((request, response) => {
      response.json(kept.put({ id: wanted(request).id, ...readPoll(request.body) }));
    });
  api
    .route('/:poll/questions/:question')
    .post((request, response) => {
      const { poll, question } = asked(request);
      const changed = readQuestion(request.body, question.index);
      change(poll, changed);
      response.json(changed);
    })
    .delete((request, response) => {
      const { poll, question } = asked(request);
      kept.put({ ...poll, questions: renumbered(without(poll.questions, question)) });
      response.status(204).end();
    });
  api
    .route('/:poll/questions/:question/options/:option')
    .post((request, response) => {
      const { poll, question } = asked(request);
      const option = optionOf(question, request.params.option);
      const changed = readOption(request.body, option.index);
      const options = question.options.map((each) => (each === option ? changed : each));
      change(poll, { ...question, options });
      response.json(changed);
    })
    .delete((request, response) => {
      const { poll, question } = asked(request);
      const option = optionOf(question, request.params.option);
      change(poll, { ...question, options: renumbered(without(question.options, option)) });
      response.status(204).end();
    });

  api.get('/:poll/sessions', (request, response) => {
    const { id } = wanted(request);
    const newest = polls.newest(id);
    const { data, ...rest } = pageOf(request, pollSessions.group(id).reverse());
    response.json({ ...rest, responses: data.map((run) => shownSession(run, newest)) });
  });
  api.get('/:poll/responses', (request, response) => {
    const { id } = wanted(request);
    const given = queryFlag(request, 'all') ? pollResponses.group(id) : polls.newest(id);
    const { data, ...rest } = pageOf(request, given.reverse().filter(toQuestion(request)));
    response.json({ ...rest, responses: data });
  });
  api.get('/:poll/responses/:response', (request, response) => {
    const found = pollResponses.get(request.params.response);
    if (found?.poll_id !== wanted(request).id) throw notFound('response');
    response.json(found);
  });
  api.get('/:poll/results', (request, response) => {
    const poll = wanted(request);
    const newest = polls.newest(poll.id).reverse().filter(toQuestion(request));
    const { data, ...rest } = pageOf(request, newest);
    response.json({ ...rest, results: data.map((given) => shownResult(poll, given)) });
  });
  api.get('/:poll/results/:result', (request, response) => {
    const poll = wanted(request);
    const found = polls.newest(poll.id).find(({ id }) => id === request.params.result);
    if (!found) throw notFound('result');
    response.json(shownResult(poll, found));
  });
  return api;
}

function toQuestion(request: Request): (given: PollResponse) => boolean {
  const question = queryInteger(request, 'question', { least: 1, most: 10_000, fallback: 0 });
  return (given) => question === 0 || given.question === question;
}

function optionOf({ options }: PollQuestion, index: string) {
  const found = options[Number(index) - 1];
  if (!found) throw notFound('option');
  return found;
}

function without<T>(items: readonly T[], item: T): readonly T[] {
  return items.filter((each) => each !== item);
}

function renumbered<T extends { readonly index: number }>(items: readonly T[]): T[] {
  return items.map((item, place) => ({ ...item, index: place + 1 }));
}

function shownSession(run: PollSession, responses: readonly PollResponse[]): object {
  const given = responses.filter(({ session_id }) => session_id === run.session_id);
  const authors = new Set(given.map(({ id, user_id, peer_id }) => user_id || peer_id || id));
  return { ...run, total_responses: given.length, unique_participants: authors.size };
}

/** A result has the id of its response. */
function shownResult(poll: Poll, given: PollResponse): object {
  const { id, poll_id, session_id, question, duration, peer_id, user_id } = given;
  const asked = poll.questions[question - 1];
  const score = asked ? scoreOf(asked, given) : 0;
  return { id, poll_id, session_id, question, duration, peer_id, user_id, score };
}
