import { CreateRoomDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { startTestService } from '../helpers/service';
import { shown, trials } from '../helpers/trials';
import { deliver, SampleSession } from '../helpers/webhooks';

const perSecond = 200;
const seconds = trials(3, 60);

it(`takes ${perSecond} webhooks a second, and has applied all of them`, async () => {
  await using service = await startTestService();
  const { url } = service;
  const roomIds: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    roomIds.push((await post(url, CreateRoomDocument, { input: { name: 'Busy' } })).data.createRoom.id);
  }
  const sessions = roomIds.map((roomId) => new SampleSession(roomId));
  const users = new Set<string>();
  const waits: number[] = [];
  const answers: Promise<unknown>[] = [];
  const start = performance.now();
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const due = start + (i * 1_000) / perSecond;
    const ahead = due - performance.now();
    if (ahead > 1) await new Promise((resolve) => setTimeout(resolve, ahead));
    // Every second one leaves again, so that a room keeps a size that rooms have.
    const session = sessions[Math.floor(i / 2) % sessions.length] as SampleSession;
    const userId = `user-${Math.floor(i / 2)}`;
    const peer = session.peer(userId, 'guest', `peer-of-${userId}`);
    const sentAt = performance.now();
    const answer = deliver(url, i % 2 === 0 ? peer.joined() : peer.left()).then(({ status }) => {
      expect(status).toBe(200);
      waits.push(performance.now() - sentAt);
    });
    answers.push(answer);
    users.add(userId);
  }
  await Promise.all(answers);
  waits.sort((a, b) => a - b);
  const percentile = (share: number) => Math.round(waits[Math.floor(waits.length * share)] ?? 0);
  shown(
    `${perSecond} webhooks a second`,
    `${waits.length} × 200, p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms, applied all`,
  );
  // Everybody has come and gone: what was told has been applied when nobody is left.
  for (const id of roomIds) {
    for (;;) {
      const { room } = (await post(url, WhoIsThereDocument, { id })).data;
      if (room?.participantCount === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}, 600_000);
