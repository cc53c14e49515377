import { collect, objectId, type Started, startSandbox, timestamp } from './started';

let own: Started;
beforeAll(async () => {
  own = await startSandbox({ timeScale: 0.001 });
});
afterAll(() => own[Symbol.asyncDispose]());

/** The documentation's own, with its spelling. */
const question = {
  index: 1,
  text: 'q1',
  format: 'text',
  attachment: [{ type: 'mimetype', url: 'url' }],
  skippable: true,
  duration: 0,
  once: false,
  weight: 2,
  answer_min_len: 1,
  answer_max_len: 1_024,
  type: 'single-choice',
  answer: { hidden: false, options: [1, 2], text: 'optoin1', case: false, trim: true },
  options: [
    { index: 1, text: 'optoin1', weight: 1 },
    { index: 2, text: 'optoin1', weight: 1 },
  ],
};
const poll = {
  title: 'first poll',
  duration: 235,
  anonymous: true,
  mode: 'userid',
  type: 'poll',
  start: 'auto',
  questions: [question, { ...question, index: 2, text: 'q2', weight: 1 }],
};
const idOf = ({ body }: { body: unknown }) => (body as { id: string }).id;

it('keeps the documented poll as it was given, answers with it, and rewrites it', async () => {
  const made = await own.call('POST', '/polls', poll);
  expect(made).toEqual({ status: 200, body: { id: objectId, ...poll } });
  const path = `/polls/${idOf(made)}`;
  expect(await own.call('GET', path)).toEqual(made);
  const other = { ...poll, title: 'another', questions: [question] };
  expect(await own.call('POST', path, other)).toEqual({ status: 200, body: { id: idOf(made), ...other } });
});

it('rewrites one question or option, and closes the gap where one is removed', async () => {
  const path = `/polls/${idOf(await own.call('POST', '/polls', poll))}`;
  const changed = { ...question, text: 'another' };
  expect(await own.call('POST', `${path}/questions/1`, changed)).toEqual({ status: 200, body: changed });
  const option = { index: 2, text: 'option2', weight: 5 };
  expect(await own.call('POST', `${path}/questions/1/options/2`, option)).toEqual({
    status: 200,
    body: option,
  });
  expect(await own.call('DELETE', `${path}/questions/1/options/1`)).toEqual({ status: 204, body: undefined });
  expect(await own.call('GET', path)).toMatchObject({
    body: { questions: [{ text: 'another', options: [{ index: 1, text: 'option2', weight: 5 }] }, {}] },
  });
  expect(await own.call('DELETE', `${path}/questions/1`)).toEqual({ status: 204, body: undefined });
  expect(await own.call('GET', path)).toMatchObject({ body: { questions: [{ index: 1, text: 'q2' }] } });
});

it.each([
  ['POST', '/polls', { mode: 'nobody' }, 400, 'Invalid body param: mode'],
  ['POST', '/polls', { questions: {} }, 400, 'Invalid body param: questions'],
  ['POST', '/polls', { questions: [{ index: 7 }] }, 400, 'Invalid body param: index'],
  ['GET', '/polls/0123', undefined, 404, 'not found'],
  ['POST', '/polls/0123', {}, 404, 'not found'],
  ['DELETE', '/polls/POLL/questions/3', undefined, 404, 'not found'],
  ['POST', '/polls/POLL/questions/1/options/3', {}, 404, 'not found'],
  ['GET', '/polls/POLL/responses/0123', undefined, 404, 'not found'],
  ['GET', '/polls/POLL/results/0123', undefined, 404, 'not found'],
  ['GET', '/polls/POLL/results?question=first', undefined, 400, 'Invalid query parameter: question'],
])('%s %s with %j is refused with %i', async (method, path, body, status, detail) => {
  const pollId = idOf(await own.call('POST', '/polls', poll));
  expect(await own.call(method, path.replace('POLL', pollId), body)).toMatchObject({
    status,
    body: { code: status, details: [detail] },
  });
});

it('is a call each by the service class, in its own words', async () => {
  const { polls } = own.hms;
  const made = await polls.create({ title: 'mine', questions: [{ text: 'one', answerMaxLen: 9 }, {}] });
  expect(made).toMatchObject({
    title: 'mine',
    duration: 0,
    mode: 'userid',
    start: 'auto',
    questions: [{ index: 1, text: 'one', answerMaxLen: 9, skippable: true, options: [] }, { index: 2 }],
  });
  const at = { pollId: made.id, question: 1 };
  const options = [{ text: 'yes' }, { text: 'no' }];
  expect(await polls.overwriteQuestion(at, { text: 'now', options })).toMatchObject({ text: 'now' });
  expect(await polls.overwriteOption({ ...at, option: 2 }, { text: 'never' })).toMatchObject({ index: 2 });
  await polls.removeOption({ ...at, option: 1 });
  await polls.removeQuestion({ ...at, question: 2 });
  expect((await polls.get(made.id)).questions).toMatchObject([
    { text: 'now', options: [{ index: 1, text: 'never' }] },
  ]);
  expect(await polls.overwrite(made.id, { title: 'other' })).toMatchObject({ title: 'other', questions: [] });
});

it('never removes a second question where the answer about the first was lost', async () => {
  const { id } = await own.hms.polls.create({
    questions: [{ text: 'one' }, { text: 'two' }, { text: 'three' }],
  });
  own.sandbox.control.setApiFaults([{ kind: 'status', status: 503, on: 'DELETE /polls', times: 1 }]);
  await expect(own.hms.polls.removeQuestion({ pollId: id, question: 1 })).rejects.toMatchObject({
    status: 503,
  });
  expect((await own.hms.polls.get(id)).questions).toHaveLength(3);
  own.sandbox.control.setApiFaults([]);
});

it('is put to the people of a room that has it, and tells what they said and scored', async () => {
  const { hms, sandbox } = own;
  const right = { answer: { options: [2] }, options: [{ text: 'a' }, { text: 'b' }], weight: 3 };
  const made = await hms.polls.create({
    type: 'quiz',
    questions: [
      { ...right, once: true },
      { type: 'short-answer', answer: { text: 'Rome' } },
    ],
  });
  const room = await hms.createRoom({ name: 'quiz', polls: [made.id] });
  const [ana, ben] = ['ana', 'ben'].map((userId) =>
    sandbox.control.join({ roomId: room.id, userId, role: 'host' }),
  );
  const says = (peerId = '', given: object) =>
    sandbox.control.answerPoll(made.id, { peerId, question: 1, ...given });
  says(ana?.id, { options: [2], duration: 500 });
  says(ben?.id, { options: [1] });
  expect(() => says(ana?.id, { options: [1] })).toThrow('answered already');
  const first = says(ana?.id, { question: 2, text: 'Paris' });
  const second = says(ana?.id, { question: 2, text: ' rome' });

  expect(await own.call('GET', `/polls/${made.id}/responses?question=2`)).toMatchObject({
    status: 200,
    body: { limit: 10, last: second.id, responses: [{ id: second.id, update: true, text: ' rome' }] },
  });
  expect(await collect(hms.polls.responses(made.id))).toHaveLength(3);
  const all = await collect(hms.polls.responses(made.id, { question: 2, all: true }));
  expect(all.map(({ id, originalResponse }) => [id, originalResponse])).toEqual([
    [second.id, first.id],
    [first.id, undefined],
  ]);
  expect(await hms.polls.response(made.id, second.id)).toEqual(all[0]);

  const results = await collect(hms.polls.results(made.id));
  expect(results.map(({ userId, question, score }) => [userId, question, score])).toEqual([
    ['ana', 2, 1],
    ['ben', 1, 0],
    ['ana', 1, 3],
  ]);
  expect(await collect(hms.polls.results(made.id, { question: 2 }))).toEqual([results[0]]);
  expect(await hms.polls.result(made.id, second.id)).toEqual(results[0]);

  expect(await own.call('GET', `/polls/${made.id}/sessions`)).toEqual({
    status: 200,
    body: {
      limit: 10,
      last: objectId,
      responses: [
        {
          id: objectId,
          poll_id: made.id,
          session_id: ana?.session_id,
          started_at: timestamp,
          stopped_at: '',
          total_responses: 3,
          unique_participants: 2,
        },
      ],
    },
  });
  sandbox.control.endRoom(room.id);
  const [run] = await collect(hms.polls.sessions(made.id));
  expect(run).toMatchObject({ sessionId: ana?.session_id, stoppedAt: expect.any(Date) });
});

it('is started by hand where it says so, keeps nobody’s name where it is anonymous, and ends after its duration', async () => {
  const { hms, sandbox } = own;
  const made = await hms.polls.create({ start: 'manual', anonymous: true, duration: 60, questions: [{}] });
  const room = await hms.createRoom({ name: 'manual', polls: [made.id] });
  const { id: peerId } = sandbox.control.join({ roomId: room.id, userId: 'ana', role: 'host' });
  const answer = () => sandbox.control.answerPoll(made.id, { peerId, question: 1, text: 'x' });
  expect(answer).toThrow('not running');
  const control = `${sandbox.controlUrl}/polls/${made.id}`;
  const post = (path: string, body: object) =>
    fetch(`${control}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await post('/start', { room_id: room.id })).status).toBe(200);
  expect(await (await post('/responses', { peer_id: peerId, question: 1, text: 'x' })).json()).toMatchObject({
    peer_id: '',
    user_id: '',
    text: 'x',
  });
  for (;;) {
    const [run] = await collect(hms.polls.sessions(made.id));
    if (run?.stoppedAt) break;
  }
  expect(answer).toThrow('not running');
});
