import { HmsService } from '../../src/video/hms.service';
import { type Started, startSandbox } from './started';

// One long file: every documented call of 100ms, one after the other, so that what is missing shows.

// Every call in the documentation of 100ms's REST API, version 2: the service class makes it, with the documented
// request, and the sandbox knows it, behind the documented check of the token.

let own: Started;
beforeAll(async () => {
  own = await startSandbox();
});
afterAll(() => own[Symbol.asyncDispose]());

type Ask = (hms: HmsService) => Promise<unknown> | AsyncIterable<unknown>;

const start = new Date('2026-01-01T00:00:00Z');
const end = new Date('2026-01-02T00:00:00Z');
const window = { start_time: '2026-01-01T00:00:00.000Z', end_time: '2026-01-02T00:00:00.000Z' };
const trunk = { username: 'u', password: 'p', address: 'a', from: '+1' };
const role = { templateId: 't', role: 'host' };
const uploads = { enabled: true, upload_info: { type: 's3', location: 'bucket' } };
const question = { pollId: 'p', question: 1 };
const option = { ...question, option: 2 };

/** The call, how it is made, and the documented members of its body. */
const calls: readonly (readonly [call: string, ask: Ask, body?: unknown])[] = [
  [
    'POST /rooms',
    (hms) =>
      hms.rooms.create({
        name: 'n',
        description: 'd',
        templateId: 't',
        region: 'eu',
        size: 10,
        largeRoom: true,
        maxDurationSeconds: 120,
        polls: ['p'],
        webhook: { url: 'https://example.com', headers: { a: 'b' } },
        recordingInfo: uploads,
      }),
    {
      name: 'n',
      description: 'd',
      template_id: 't',
      region: 'eu',
      size: 10,
      large_room: true,
      max_duration_seconds: 120,
      polls: ['p'],
      webhook: { url: 'https://example.com', headers: { a: 'b' } },
      recording_info: uploads,
    },
  ],
  [
    `GET /rooms?name=n&enabled=false&template_id=t&after=${window.start_time}&before=${window.end_time}&limit=100`,
    (hms) => hms.rooms.list({ name: 'n', enabled: false, templateId: 't', after: start, before: end }),
  ],
  ['GET /rooms/r', (hms) => hms.rooms.get('r')],
  ['POST /rooms/r', (hms) => hms.rooms.update('r', { name: 'n', size: 2 }), { name: 'n', size: 2 }],
  ['POST /rooms/r', (hms) => hms.rooms.disable('r'), { enabled: false }],
  ['POST /rooms/r', (hms) => hms.rooms.enable('r'), { enabled: true }],

  ['GET /active-rooms/r', (hms) => hms.activeRooms.get('r')],
  ['GET /active-rooms/r/peers', (hms) => hms.activeRooms.peers('r')],
  [
    'GET /active-rooms/r/peers?user_id=u&role=host',
    (hms) => hms.activeRooms.peers('r', { userId: 'u', role: 'host' }),
  ],
  ['GET /active-rooms/r/peers/p', (hms) => hms.activeRooms.peer('r', 'p')],
  [
    'POST /active-rooms/r/peers/p',
    (hms) =>
      hms.activeRooms.updatePeer({ roomId: 'r', peerId: 'p' }, { name: 'n', role: 'host', metadata: '{}' }),
    { name: 'n', role: 'host', metadata: '{}' },
  ],
  [
    'POST /active-rooms/r/send-message',
    (hms) => hms.activeRooms.sendMessage('r', { message: 'm', type: 'chat', peerId: 'p', role: 'host' }),
    { message: 'm', type: 'chat', peer_id: 'p', role: 'host' },
  ],
  [
    'POST /active-rooms/r/remove-peers',
    (hms) => hms.activeRooms.removePeers('r', { peerId: 'p', reason: 'why' }),
    { peer_id: 'p', reason: 'why' },
  ],
  [
    'POST /active-rooms/r/end-room',
    (hms) => hms.activeRooms.end('r', { reason: 'why', lock: true }),
    { reason: 'why', lock: true },
  ],

  ['POST /room-codes/room/r', (hms) => hms.roomCodes.createForRoles('r')],
  ['POST /room-codes/room/r/role/host', (hms) => hms.roomCodes.createForRole('r', 'host')],
  [
    'GET /room-codes/room/r?role=host&enabled=true&limit=100',
    (hms) => hms.roomCodes.list('r', { role: 'host', enabled: true }),
  ],
  ['POST /room-codes/code', (hms) => hms.roomCodes.setEnabled('c', false), { code: 'c', enabled: false }],
  ['POST /token', (hms) => hms.roomCodes.exchange('c', 'u'), { code: 'c', user_id: 'u' }],

  [
    `GET /sessions?active=false&room_id=r&after=${window.start_time}&before=${window.end_time}&limit=100`,
    (hms) => hms.sessions.list({ active: false, roomId: 'r', after: start, before: end }),
  ],
  ['GET /sessions/s', (hms) => hms.sessions.get('s')],

  ['POST /templates', (hms) => hms.templates.create({ name: 'n', roles: {} }), { name: 'n', roles: {} }],
  ['GET /templates?limit=100', (hms) => hms.templates.list()],
  ['GET /templates/t', (hms) => hms.templates.get('t')],
  ['POST /templates/t', (hms) => hms.templates.overwrite('t', { roles: {} }), { roles: {} }],
  ['GET /templates/t/roles/host', (hms) => hms.templates.role('t', 'host')],
  ['POST /templates/t/roles/host', (hms) => hms.templates.putRole(role, { priority: 1 }), { priority: 1 }],
  ['DELETE /templates/t/roles/host', (hms) => hms.templates.removeRole('t', 'host')],
  ['GET /templates/t/settings', (hms) => hms.templates.part('t', 'settings')],
  [
    'POST /templates/t/settings',
    (hms) => hms.templates.setPart({ templateId: 't', part: 'settings' }, { region: 'in' }),
    { region: 'in' },
  ],
  ['GET /templates/t/destinations', (hms) => hms.templates.part('t', 'destinations')],
  [
    'POST /templates/t/destinations',
    (hms) => hms.templates.setPart({ templateId: 't', part: 'destinations' }, {}),
    {},
  ],
  ['GET /templates/t/recordings', (hms) => hms.templates.recordingConfigs('t')],
  ['POST /templates/t/recordings', (hms) => hms.templates.setRecordingConfigs('t', [{}]), [{}]],

  [
    'POST /recordings/room/r/start',
    (hms) =>
      hms.recordings.start('r', {
        meetingUrl: 'https://example.com',
        resolution: { width: 1, height: 2 },
        destination: 'd',
        audioOnly: true,
        transcription: { enabled: true, outputModes: ['txt'], customVocabulary: ['v'] },
      }),
    {
      meeting_url: 'https://example.com',
      resolution: { width: 1, height: 2 },
      destination: 'd',
      audio_only: true,
      transcription: { enabled: true, output_modes: ['txt'], custom_vocabulary: ['v'] },
    },
  ],
  ['POST /recordings/room/r/stop', (hms) => hms.recordings.stopRoom('r')],
  ['POST /recordings/room/r/pause', (hms) => hms.recordings.pause('r')],
  ['POST /recordings/room/r/resume', (hms) => hms.recordings.resume('r')],
  ['POST /recordings/x/stop', (hms) => hms.recordings.stop('x')],
  ['GET /recordings/x', (hms) => hms.recordings.get('x')],
  [
    'GET /recordings?room_id=r&session_id=s&status=running&limit=100',
    (hms) => hms.recordings.list({ roomId: 'r', sessionId: 's', status: 'running' }),
  ],
  [
    'GET /recording-assets?room_id=r&session_id=s&status=completed&limit=100',
    (hms) => hms.recordingAssets.list({ roomId: 'r', sessionId: 's', status: 'completed' }),
  ],
  ['GET /recording-assets/a', (hms) => hms.recordingAssets.get('a')],
  [
    'GET /recording-assets/a/presigned-url?presign_duration=60',
    (hms) => hms.recordingAssets.presignedUrl('a', 60),
  ],

  [
    'POST /live-streams/room/r/start',
    (hms) =>
      hms.liveStreams.start('r', {
        meetingUrl: 'https://example.com',
        recording: { hlsVod: true, singleFilePerLayer: false },
        destination: 'd',
      }),
    {
      meeting_url: 'https://example.com',
      recording: { hls_vod: true, single_file_per_layer: false },
      destination: 'd',
    },
  ],
  ['POST /live-streams/room/r/stop', (hms) => hms.liveStreams.stopRoom('r')],
  ['POST /live-streams/x/stop', (hms) => hms.liveStreams.stop('x')],
  ['GET /live-streams/x', (hms) => hms.liveStreams.get('x')],
  [
    'GET /live-streams?room_id=r&session_id=s&status=running&limit=100',
    (hms) => hms.liveStreams.list({ roomId: 'r', sessionId: 's', status: 'running' }),
  ],
  ['POST /live-streams/x/pause-recording', (hms) => hms.liveStreams.pauseRecording('x')],
  ['POST /live-streams/x/resume-recording', (hms) => hms.liveStreams.resumeRecording('x')],
  [
    'POST /live-streams/x/timed-metadata',
    (hms) => hms.liveStreams.sendTimedMetadata('x', { payload: 'now', duration: 5 }),
    { payload: 'now', duration: 5 },
  ],

  [
    'POST /external-streams/room/r/start',
    (hms) =>
      hms.externalStreams.start('r', {
        rtmpUrls: ['rtmp://example.com/key'],
        recording: true,
        resolution: { width: 1280, height: 720 },
      }),
    { rtmp_urls: ['rtmp://example.com/key'], recording: true, resolution: { width: 1280, height: 720 } },
  ],
  ['POST /external-streams/room/r/stop', (hms) => hms.externalStreams.stopRoom('r')],
  ['POST /external-streams/x/stop', (hms) => hms.externalStreams.stop('x')],
  ['GET /external-streams/x', (hms) => hms.externalStreams.get('x')],
  ['GET /external-streams?limit=100', (hms) => hms.externalStreams.list()],

  [
    'GET /analytics/events?room_id=r&type=track.add.success&type=beam.recording.success&session_id=s&peer_id=p&user_id=u&beam_id=b&error=true&limit=100',
    (hms) =>
      hms.analytics.events({
        roomId: 'r',
        types: ['track.add.success', 'beam.recording.success'],
        sessionId: 's',
        peerId: 'p',
        userId: 'u',
        beamId: 'b',
        errorsOnly: true,
      }),
  ],
  [
    'GET /analytics/peer-stats?peer_id=p&session_id=s',
    (hms) => hms.analytics.peerStats({ peerId: 'p', sessionId: 's' }),
  ],
  [
    `GET /analytics/webhooks?start_time=${window.start_time}&end_time=${window.end_time}&room_id=r&status=failed&event_names=a&event_names=b&limit=100&page=1`,
    (hms) =>
      hms.analytics.webhookEvents({
        startTime: start,
        endTime: end,
        roomId: 'r',
        status: 'failed',
        eventNames: ['a', 'b'],
      }),
  ],
  [
    'POST /analytics/webhooks/replay',
    (hms) =>
      hms.analytics.replay({
        startTime: start,
        endTime: end,
        roomId: 'r',
        eventNames: ['a'],
        limit: 5,
        offset: 1,
        status: 'all',
      }),
    { ...window, room_id: 'r', event_names: ['a'], limit: 5, offset: 1, status: 'all' },
  ],
  ['GET /analytics/webhooks/replay/w', (hms) => hms.analytics.replayProgress('w')],

  ['POST /stream-keys/room/r', (hms) => hms.streamKeys.create('r')],
  ['GET /stream-keys/room/r', (hms) => hms.streamKeys.get('r')],
  ['POST /stream-keys/room/r/disable', (hms) => hms.streamKeys.disable('r')],

  [
    'POST /polls',
    (hms) =>
      hms.polls.create({
        title: 't',
        duration: 235,
        anonymous: true,
        mode: 'userid',
        type: 'quiz',
        start: 'auto',
        questions: [{ index: 1, answerMinLen: 1, answerMaxLen: 9, answer: { options: [1], case: false } }],
      }),
    {
      title: 't',
      duration: 235,
      anonymous: true,
      mode: 'userid',
      type: 'quiz',
      start: 'auto',
      questions: [{ index: 1, answer_min_len: 1, answer_max_len: 9, answer: { options: [1], case: false } }],
    },
  ],
  ['GET /polls/p', (hms) => hms.polls.get('p')],
  ['POST /polls/p', (hms) => hms.polls.overwrite('p', { title: 't' }), { title: 't' }],
  [
    'POST /polls/p/questions/1',
    (hms) => hms.polls.overwriteQuestion(question, { text: 'q', once: true }),
    { text: 'q', once: true },
  ],
  ['DELETE /polls/p/questions/1', (hms) => hms.polls.removeQuestion(question)],
  [
    'POST /polls/p/questions/1/options/2',
    (hms) => hms.polls.overwriteOption(option, { index: 2, text: 'o', weight: 1 }),
    { index: 2, text: 'o', weight: 1 },
  ],
  ['DELETE /polls/p/questions/1/options/2', (hms) => hms.polls.removeOption(option)],
  ['GET /polls/p/sessions?limit=100', (hms) => hms.polls.sessions('p')],
  [
    'GET /polls/p/responses?question=3&all=false&limit=100',
    (hms) => hms.polls.responses('p', { question: 3, all: false }),
  ],
  ['GET /polls/p/responses/x', (hms) => hms.polls.response('p', 'x')],
  ['GET /polls/p/results?question=3&limit=100', (hms) => hms.polls.results('p', { question: 3 })],
  ['GET /polls/p/results/x', (hms) => hms.polls.result('p', 'x')],

  ['POST /sip/outbound/trunks', (hms) => hms.sip.createTrunk(trunk), trunk],
  ['POST /sip/outbound/trunks/x', (hms) => hms.sip.updateTrunk('x', trunk), trunk],
  [
    'POST /sip/outbound/call',
    (hms) =>
      hms.sip.call({
        to: '+1',
        roomCode: 'c',
        trunkId: 'x',
        name: 'n',
        userId: 'u',
        video: true,
        headers: { 'X-Lang': '5' },
      }),
    {
      to: '+1',
      room_code: 'c',
      trunk_id: 'x',
      name: 'n',
      user_id: 'u',
      video: true,
      headers: { 'X-Lang': '5' },
    },
  ],
];

/** What the service class sends, to a 100ms that refuses everything. */
async function sentBy(ask: Ask): Promise<{ call: string; body: unknown; headers: Headers }> {
  const sent: { call: string; body: unknown; headers: Headers }[] = [];
  const hms = new HmsService({
    apiUrl: 'https://api.example.com/v2',
    keys: own.sandbox.keys,
    fetch: async (url, { method, body, headers } = {}) => {
      const call = `${method} ${decodeURIComponent(String(url).split('/v2')[1] ?? '')}`;
      sent.push({ call, body: body ? JSON.parse(String(body)) : undefined, headers: new Headers(headers) });
      return Response.json({ code: 400, message: 'refused' }, { status: 400 });
    },
  });
  const answer = ask(hms);
  const asked = Symbol.asyncIterator in answer ? answer[Symbol.asyncIterator]().next() : answer;
  await expect(asked).rejects.toMatchObject({ status: 400 });
  expect(sent).toHaveLength(1);
  return sent[0] as (typeof sent)[0];
}

const rows = calls.map(([call, ask, body]) => ({ call, ask, body }));

it.each(rows)('$call is made as documented, and the sandbox knows it', async ({ call, ask, body }) => {
  const sent = await sentBy(ask);
  expect(sent.call).toBe(call);
  expect(sent.body).toEqual(body);
  const isForClients = call === 'POST /token';
  expect(sent.headers.has('authorization')).toBe(!isForClients);

  const [method = '', path = ''] = call.split(' ');
  const unknown = await own.call(method, path, body);
  expect(JSON.stringify(unknown.body ?? {})).not.toContain('no such call');
  if (isForClients) return;
  expect(await own.call(method, path, body, null)).toEqual({
    status: 401,
    body: { code: 401, message: 'Token validation error', details: ['not found'] },
  });
});

it('a call that is not documented is none', async () => {
  for (const call of ['DELETE /rooms/r', 'GET /sip/outbound/call', 'POST /sessions/s', 'GET /polls']) {
    const [method = '', path = ''] = call.split(' ');
    expect(await own.call(method, path)).toMatchObject({
      status: 404,
      body: { details: [`no such call: ${method} /v2${path}`] },
    });
  }
});
