import type { HmsService } from '../../src/video/hms.service';
import { collect, type Started, startSandbox } from './started';

// Answers in the shapes of the documentation's samples, oddities included, as the service class reads them. One long
// file, so that what is missing shows.

let own: Started;
beforeAll(async () => {
  own = await startSandbox();
});
afterAll(() => own[Symbol.asyncDispose]());

const room = {
  id: '0123456789abcdef01234567',
  name: 'a-room',
  enabled: true,
  description: 'of the samples',
  customer_id: '0123456789abcdef0123456a',
  app_id: '0123456789abcdef0123456b',
  recording_info: { enabled: true, upload_info: { type: 's3', credentials: { key: 'k', secret: 'hidden' } } },
  template_id: '0123456789abcdef0123456c',
  template: 'a-template',
  region: 'us',
  created_at: '2022-09-09T11:41:08.082Z',
  updated_at: '2022-09-09T11:41:08.074819038Z',
};
const readRoom = {
  id: room.id,
  name: 'a-room',
  enabled: true,
  description: 'of the samples',
  customerId: room.customer_id,
  appId: room.app_id,
  templateId: room.template_id,
  region: 'us',
  polls: [],
  createdAt: new Date('2022-09-09T11:41:08.082Z'),
};
const broadcast = {
  id: 'a',
  room_id: 'r',
  session_id: 's',
  status: 'starting',
  created_at: '2023-03-30T05:14:04.007990308Z',
  started_at: null,
  updated_at: '2023-03-30T05:14:04.007990308Z',
  stopped_at: null,
  meeting_url: 'https://example.com/meeting',
  destination: '',
  started_by: '',
  stopped_by: '',
  recording_assets: null,
};
const streamKey = {
  id: '652d295286003bb661b5fc07',
  url: 'rtmp://example.com/live',
  key: 'a-stream-key',
  room_id: 'r',
  enabled: true,
  created_at: '2023-10-16T12:15:14.725963917Z',
  updated_at: '2023-10-16T12:15:14.725Z',
};
const readStreamKey = {
  id: '652d295286003bb661b5fc07',
  url: 'rtmp://example.com/live',
  key: 'a-stream-key',
  roomId: 'r',
  enabled: true,
  createdAt: new Date('2023-10-16T12:15:14.725Z'),
  updatedAt: new Date('2023-10-16T12:15:14.725Z'),
};
const asset = { id: 'f', type: 'room-vod', path: 'p', thumbnails: null, metadata: {}, duration: 1, size: 2 };

it.each<[string, (hms: HmsService) => Promise<unknown>, unknown, unknown]>([
  ['a created room', (hms) => hms.createRoom({ name: 'a' }), room, readRoom],
  [
    'a disabled room, without template and region',
    (hms) => hms.rooms.disable('a'),
    {
      ...room,
      enabled: false,
      recording_info: undefined,
      recording: null,
      template_id: '',
      template: '',
      region: '',
    },
    { ...readRoom, enabled: false, templateId: undefined, region: undefined },
  ],
  [
    'a page of rooms, with Go’s zero time and a key',
    (hms) => collect(hms.listRooms()),
    {
      limit: 10,
      data: [{ ...room, key: 'x:a-room', updated_at: '0001-01-01T00:00:00Z', size: 19_000 }],
      last: 'x',
    },
    [{ ...readRoom, size: 19_000 }],
  ],
  [
    'an active room',
    (hms) => hms.activeRooms.get('a'),
    {
      id: 'a',
      name: 'n',
      customer_id: 'c',
      session: { id: 's', created_at: '2022-10-04T12:10:28.9Z', peers: ['p'] },
    },
    {
      id: 'a',
      name: 'n',
      customerId: 'c',
      session: { id: 's', createdAt: new Date('2022-10-04T12:10:28.9Z'), peers: ['p'] },
    },
  ],
  [
    'peers by id, without metadata',
    (hms) => hms.activePeers('a'),
    {
      peers: {
        p: {
          id: 'p',
          name: 'Jo',
          user_id: 'u',
          metadata: '',
          role: 'host',
          joined_at: '2023-01-25T12:06:34Z',
        },
      },
    },
    [
      {
        id: 'p',
        name: 'Jo',
        userId: 'u',
        metadata: undefined,
        role: 'host',
        joinedAt: new Date('2023-01-25T12:06:34Z'),
      },
    ],
  ],
  ['no peers', (hms) => hms.activePeers('a', { role: 'nobody' }), { peers: {} }, []],
  [
    'a page of room codes without a last one',
    (hms) => collect(hms.roomCodes.list('a')),
    { limit: 20, data: [{ code: 'nih-bkn-vek', room_id: 'a', role: 'host', enabled: false }], last: '' },
    [{ code: 'nih-bkn-vek', roomId: 'a', role: 'host', enabled: false }],
  ],
  [
    'a token for a code, without its end',
    (hms) => hms.roomCodes.exchange('nih-bkn-vek'),
    { token: 'a.b.c' },
    { token: 'a.b.c' },
  ],
  [
    'a session whose peers are null',
    (hms) => hms.sessions.get('a'),
    { id: 'a', room_id: 'r', active: true, peers: null, created_at: '2022-09-08T15:52:02Z' },
    { id: 'a', roomId: 'r', active: true, peers: [], createdAt: new Date('2022-09-08T15:52:02Z') },
  ],
  [
    'a recording that starts',
    (hms) => hms.recordings.start('r'),
    { ...broadcast, asset_types: ['room-composite'] },
    {
      id: 'a',
      roomId: 'r',
      sessionId: 's',
      status: 'starting',
      meetingUrl: 'https://example.com/meeting',
      createdAt: new Date('2023-03-30T05:14:04.007Z'),
      updatedAt: new Date('2023-03-30T05:14:04.007Z'),
      recordingAssets: [],
      assetTypes: ['room-composite'],
    },
  ],
  [
    'recordings that were paused, whose types are null',
    (hms) => hms.recordings.pause('r'),
    { ...broadcast, status: 'running', asset_types: null },
    expect.objectContaining({ status: 'running', assetTypes: [] }),
  ],
  [
    'streams that stopped, and one that did not',
    (hms) => hms.liveStreams.stopRoom('r'),
    { error: 'one is stuck', data: [{ ...broadcast, playback: { url: 'u' } }], limit: 10, last: 'a' },
    { stopped: [expect.objectContaining({ id: 'a', playback: { url: 'u' } })], error: 'one is stuck' },
  ],
  [
    'a live stream with the files it left',
    (hms) => hms.liveStreams.get('a'),
    { ...broadcast, recording_assets: [asset] },
    expect.objectContaining({
      recordingAssets: [expect.objectContaining({ id: 'f', type: 'room-vod', size: 2 })],
    }),
  ],
  [
    'an external stream, its addresses left out',
    (hms) => hms.externalStreams.get('a'),
    {
      ...broadcast,
      rtmp_urls: ['rtmp://h/hidden'],
      recording: true,
      resolution: { width: 1280, height: 720 },
    },
    expect.objectContaining({ recording: true, resolution: { width: 1280, height: 720 } }),
  ],
  [
    'deliveries of webhooks',
    (hms) => collect(hms.listWebhookEvents()),
    {
      events: [
        {
          event_id: 'abc-def',
          event_name: 'reporter.webhook.delivery.failed',
          room_id: 'r',
          event_timestamp: '2025-12-29T10:30:00Z',
          payload: {
            event_data: { peer_id: 'p' },
            webhook_url: 'https://user:hidden@example.com/',
            original_event_name: 'session.open.success',
            error_reason: 'timeout',
          },
        },
      ],
      pagination: {
        current_page: 1,
        page_size: 50,
        total_pages: 1,
        total_items: 1,
        has_next: false,
        has_prev: false,
      },
    },
    [
      {
        eventId: 'abc-def',
        type: 'session.open.success',
        roomId: 'r',
        at: new Date('2025-12-29T10:30:00Z'),
        data: { peer_id: 'p' },
        failed: true,
        errorReason: 'timeout',
      },
    ],
  ],
  [
    'a template, with more than is documented',
    (hms) => hms.getTemplate('t'),
    {
      id: 't',
      _id: 't',
      name: 'n',
      roles: { host: {}, guest: { priority: null } },
      settings: null,
      novelty: 1,
    },
    { id: 't', name: 'n', roles: ['host', 'guest'] },
  ],
  [
    'a stream key',
    (hms) => hms.streamKeys.get('r'),
    { data: [{ ...streamKey, customer_id: 'c', app_id: 'a' }], last: streamKey.id },
    readStreamKey,
  ],
  ['a stream key that was made', (hms) => hms.streamKeys.create('r'), streamKey, readStreamKey],
  [
    'a poll, without what is not needed',
    (hms) => hms.polls.get('p'),
    { id: 'p', title: 'first poll', questions: [{ index: 1, answer_min_len: 1, options: null }] },
    {
      id: 'p',
      title: 'first poll',
      questions: [{ index: 1, answerMinLen: 1, attachment: [], options: [] }],
    },
  ],
  [
    'the sessions of a poll, under another name than in other lists',
    (hms) => collect(hms.polls.sessions('p')),
    {
      last: 'x',
      limit: 10,
      responses: [
        {
          id: 'i',
          poll_id: 'p',
          session_id: 's',
          started_at: '2023-11-21T04:55:10.916472015Z',
          stopped_at: '2023-11-21T04:55:20.916472015Z',
          total_responses: 1_000,
          unique_participants: 20,
        },
      ],
    },
    [
      {
        id: 'i',
        pollId: 'p',
        sessionId: 's',
        startedAt: new Date('2023-11-21T04:55:10.916Z'),
        stoppedAt: new Date('2023-11-21T04:55:20.916Z'),
        totalResponses: 1_000,
        uniqueParticipants: 20,
      },
    ],
  ],
  [
    'results of a poll',
    (hms) => collect(hms.polls.results('p')),
    {
      last: 'x',
      limit: 10,
      results: [
        {
          id: 'i',
          poll_id: 'p',
          session_id: 's',
          question: 3,
          duration: 5_000,
          user_id: 'user1',
          score: 200,
        },
      ],
    },
    [{ id: 'i', pollId: 'p', sessionId: 's', question: 3, duration: 5_000, userId: 'user1', score: 200 }],
  ],
  [
    'a trunk',
    (hms) => hms.sip.createTrunk({ username: 'u', password: 'hidden', address: 'a', from: '+1' }),
    { id: '4a3b7c9d91' },
    { id: '4a3b7c9d91' },
  ],
])('reads %s', async (_case, ask, body, expected) => {
  own.sandbox.control.setApiFaults([{ kind: 'body', text: JSON.stringify(body) }]);
  const read = await ask(own.hms);
  own.sandbox.control.setApiFaults([]);
  expect(read).toEqual(expected);
  expect(JSON.stringify(read)).not.toContain('hidden');
});
