import { collect, objectId, type Started, startSandbox, timestamp } from './started';
import { startReceiver } from './webhook-receiver';

const hurry = { timeScale: 0.001 };

/** A room with Anna in it, and the back end that hears of everything. */
async function startInRoom(options = hurry) {
  const started = await startSandbox(options);
  const receiver = await startReceiver();
  started.sandbox.control.setWebhook({ url: receiver.url });
  const { id: roomId } = await started.hms.createRoom({ name: 'on-air' });
  const anna = started.sandbox.control.join({ roomId, userId: 'anna', role: 'host' });
  return {
    ...started,
    receiver,
    roomId,
    sessionId: anna.session_id,
    annaId: anna.id,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

const heard = ({ receiver }: { receiver: Awaited<ReturnType<typeof startReceiver>> }, type: string) =>
  receiver.received.first(({ body }) => body.type === type);

const slow = { timeScale: 1 };
const common = (own: { roomId: string; sessionId: string }) => ({
  id: objectId,
  room_id: own.roomId,
  session_id: own.sessionId,
  meeting_url: expect.stringMatching(/^https:/),
  created_at: timestamp,
  updated_at: timestamp,
  started_by: '',
  stopped_by: '',
});

it('starts a recording in the documented shape', async () => {
  await using own = await startInRoom(slow);
  const body = {
    meeting_url: 'https://example.com/m',
    resolution: { width: 1280, height: 720 },
    destination: 'd',
  };
  expect(await own.call('POST', `/recordings/room/${own.roomId}/start`, body)).toEqual({
    status: 200,
    body: {
      ...common(own),
      meeting_url: 'https://example.com/m',
      destination: 'd',
      status: 'starting',
      started_at: null,
      stopped_at: null,
      asset_types: ['room-composite', 'chat'],
      recording_assets: null,
    },
  });
  const stopped = await own.call('POST', `/recordings/room/${own.roomId}/stop`);
  expect(stopped).toMatchObject({
    status: 200,
    body: { limit: 1, data: [{ status: 'stopping' }], last: objectId },
  });
});

it('takes a recording from start to file, tells each step, and signs the address of the file', async () => {
  await using own = await startInRoom();
  const { recordings, recordingAssets } = own.hms;
  const transcription = { enabled: true, outputModes: ['txt' as const], summary: { enabled: true } };
  const begun = await recordings.start(own.roomId, { transcription });
  expect(begun).toMatchObject({
    status: 'starting',
    assetTypes: ['room-composite', 'chat', 'transcript', 'summary'],
  });
  await heard(own, 'beam.started.success');
  expect(await recordings.pause(own.roomId)).toMatchObject({ id: begun.id, status: 'running' });
  expect(await recordings.resume(own.roomId)).toMatchObject({ id: begun.id, status: 'running' });
  expect(await recordings.stop(begun.id)).toMatchObject({ status: 'stopping' });
  const stopped = await heard(own, 'beam.stopped.success');
  expect(stopped.body.data).toMatchObject({
    job_id: begun.id,
    room_id: own.roomId,
    reason: 'client request',
  });
  const recorded = await heard(own, 'beam.recording.success');
  expect(recorded.body.data).toMatchObject({
    recording_id: objectId,
    recording_presigned_url: expect.any(String),
  });
  const ofBeam = { roomId: own.roomId, types: ['beam.recording.success'] };
  expect(await collect(own.hms.analytics.events({ ...ofBeam, beamId: begun.id }))).toMatchObject([
    { type: 'beam.recording.success', data: { beam_id: begun.id, session_id: own.sessionId } },
  ]);
  expect(await collect(own.hms.analytics.events({ ...ofBeam, beamId: 'another' }))).toEqual([]);

  const done = await recordings.get(begun.id);
  expect(done).toMatchObject({
    status: 'completed',
    startedAt: expect.any(Date),
    stoppedAt: expect.any(Date),
  });
  expect(done.recordingAssets.map(({ type }) => type)).toEqual(begun.assetTypes);
  expect(await collect(recordings.list({ roomId: own.roomId, status: 'completed' }))).toMatchObject([
    { id: begun.id, recordingAssets: [] },
  ]);
  expect(await collect(recordings.list({ status: 'failed' }))).toEqual([]);
  const assets = await collect(recordingAssets.list({ sessionId: own.sessionId }));
  expect(assets).toHaveLength(4);
  const [asset] = assets;
  expect(await recordingAssets.get(asset?.id ?? '')).toEqual(asset);
  expect(await recordingAssets.presignedUrl(asset?.id ?? '', 60)).toMatchObject({
    url: expect.stringMatching(/^https:/),
    expiry: 60,
  });
});

it('streams live: a playlist to watch, metadata in time, pauses of the recording, and an end', async () => {
  await using own = await startInRoom();
  const { liveStreams } = own.hms;
  const begun = await liveStreams.start(own.roomId, {
    recording: { hlsVod: true, singleFilePerLayer: true },
  });
  expect(begun.playback?.url).toMatch(/\.m3u8$/);
  const started = await heard(own, 'hls.started.success');
  expect(started.body.data).toMatchObject({
    url: begun.playback?.url,
    recording_vod_playlist_enabled: true,
    recording_single_file_per_layer_enabled: true,
  });
  const metadata = { payload: 'now', duration: 5 };
  expect(await liveStreams.sendTimedMetadata(begun.id, metadata)).toMatchObject({ status: 'running' });
  expect(await liveStreams.pauseRecording(begun.id)).toMatchObject({ id: begun.id });
  expect(await liveStreams.resumeRecording(begun.id)).toMatchObject({ id: begun.id });
  await expect(
    liveStreams.sendTimedMetadata(begun.id, { payload: 'x'.repeat(101), duration: 5 }),
  ).rejects.toMatchObject({ status: 400 });
  expect(await liveStreams.stopRoom(own.roomId)).toMatchObject({
    stopped: [{ id: begun.id, status: 'stopping' }],
  });
  await heard(own, 'hls.recording.success');
  expect(await liveStreams.get(begun.id)).toMatchObject({
    status: 'completed',
    recordingAssets: [{ type: 'room-vod' }],
  });
  expect(await collect(liveStreams.list({ roomId: own.roomId }))).toHaveLength(1);
});

it('streams elsewhere, and the service class forgets the addresses, which hold keys', async () => {
  await using own = await startInRoom();
  const { externalStreams } = own.hms;
  const rtmpUrls = ['rtmp://a.example/live/stream-key-one', 'rtmps://b.example/live/stream-key-two'];
  const begun = await externalStreams.start(own.roomId, {
    rtmpUrls,
    recording: true,
    resolution: { width: 1280, height: 720 },
  });
  expect(begun).toMatchObject({
    status: 'starting',
    recording: true,
    resolution: { width: 1280, height: 720 },
  });
  expect(JSON.stringify(begun)).not.toContain('stream-key');
  expect(await own.call('GET', `/external-streams/${begun.id}`)).toMatchObject({
    body: { rtmp_urls: rtmpUrls },
  });
  await heard(own, 'beam.started.success');
  expect(await externalStreams.stop(begun.id)).toMatchObject({ status: 'stopping' });
  await heard(own, 'beam.recording.success');
  expect(await externalStreams.get(begun.id)).toMatchObject({ status: 'completed' });
  expect(await collect(externalStreams.list({ roomId: own.roomId }))).toHaveLength(1);
});

it.each([
  { rtmp_urls: [] },
  { rtmp_urls: ['https://a.example'] },
  { rtmp_urls: Array(6).fill('rtmp://a.example/x') },
  { rtmp_urls: ['rtmp://a.example/x'], resolution: { width: 100, height: 100 } },
  {},
])('refuses an external stream like %j', async (body) => {
  await using own = await startInRoom(slow);
  expect(await own.call('POST', `/external-streams/room/${own.roomId}/start`, body)).toMatchObject({
    status: 400,
    body: { message: 'Invalid body param' },
  });
});

it('starts nothing in an empty room, nothing twice, and ends everything with the session', async () => {
  await using own = await startInRoom();
  const empty = await own.hms.createRoom({ name: 'empty' });
  await expect(own.hms.recordings.start(empty.id)).rejects.toMatchObject({ status: 404 });
  const begun = await own.hms.recordings.start(own.roomId);
  await expect(own.hms.recordings.start(own.roomId)).rejects.toMatchObject({ status: 400 });
  await heard(own, 'beam.started.success');
  own.sandbox.control.leave(own.annaId);
  await heard(own, 'beam.recording.success');
  expect(await own.hms.recordings.get(begun.id)).toMatchObject({ status: 'completed' });
  await expect(own.hms.recordings.stopRoom(own.roomId)).rejects.toMatchObject({ status: 404 });
});

it('goes on with what was under way when the sandbox was restarted', async () => {
  const first: Started = await startSandbox(slow);
  const { id: roomId } = await first.hms.createRoom({ name: 'on-air' });
  first.sandbox.control.join({ roomId, userId: 'anna', role: 'host' });
  const begun = await first.hms.recordings.start(roomId);
  await first.sandbox.close();
  await using receiver = await startReceiver();
  await using second = await startSandbox({ directory: first.directory, ...hurry });
  second.sandbox.control.setWebhook({ url: receiver.url });
  await receiver.received.first(({ body }) => body.type === 'beam.started.success');
  expect(await second.hms.recordings.get(begun.id)).toMatchObject({ status: 'running' });
});
