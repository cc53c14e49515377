import { Router } from 'express';
import { z } from 'zod';
import { ApiError } from '../api-error';
import { apiFault } from '../faults';
import { rateLimits } from '../rate-limits';
import { webhookChoices } from '../webhooks/choices';
import { webhookFaults } from '../webhooks/webhook-faults';
import type { SandboxControl } from './control';

const about = {
  name: z.string().optional(),
  metadata: z.string().optional(),
  peer_id: z.string().optional(),
};
const joining = z.union([
  z.strictObject({ token: z.string(), ...about }),
  z.strictObject({ room_id: z.string(), user_id: z.string(), role: z.string(), ...about }),
]);
const dropping = z.strictObject({
  by: z.enum(['websocket closed', 'ice connection state closed']).optional(),
});
const roleChange = z.strictObject({ role: z.string(), by: z.string().optional() });
const kicking = z.strictObject({ message: z.string().optional() });
const ending = z.strictObject({
  lock: z.boolean().optional(),
  reason: z.string().optional(),
  by: z.string().optional(),
});
const webhook = z.strictObject({ url: z.url(), headers: z.record(z.string(), z.string()).optional() });
const starting = z.strictObject({ room_id: z.string() });
const answering = z.strictObject({
  peer_id: z.string(),
  question: z.number().int(),
  options: z.array(z.number().int()).optional(),
  text: z.string().optional(),
  duration: z.number().min(0).optional(),
});
const limits = z.strictObject({ limits: rateLimits });
const apiFaults = z.strictObject({ faults: z.array(apiFault), seed: z.number().optional() });

/** `/__sandbox`: the control over HTTP, in JSON. Nothing of it exists at 100ms. */
export function controlApi(control: SandboxControl): Router {
  const api = Router();
  api.post('/peers', (request, response) => {
    const { name, metadata, peer_id: peerId, ...who } = read(joining, request.body);
    const rest = { name, metadata, peerId };
    const peer =
      'token' in who
        ? control.join({ ...rest, token: who.token })
        : control.join({ ...rest, roomId: who.room_id, userId: who.user_id, role: who.role });
    response.json(peer);
  });
  api.post('/peers/:id/leave', (request, response) => {
    control.leave(request.params.id);
    response.json({ ok: true });
  });
  api.post('/peers/:id/drop', (request, response) => {
    control.drop(request.params.id, read(dropping, request.body ?? {}).by);
    response.json({ ok: true });
  });
  api.post('/peers/:id/come-back', (request, response) => {
    control.comeBack(request.params.id);
    response.json({ ok: true });
  });
  api.post('/peers/:id/role', (request, response) => {
    const { role, by } = read(roleChange, request.body);
    response.json(control.changeRole(request.params.id, role, by));
  });
  api.post('/peers/:id/kick', (request, response) => {
    control.kick(request.params.id, read(kicking, request.body ?? {}).message);
    response.json({ ok: true });
  });
  api.get('/rooms/:id/peers', (request, response) => {
    response.json({ peers: control.present(request.params.id) });
  });
  api.post('/rooms/:id/end', (request, response) => {
    const { lock, reason, by } = read(ending, request.body ?? {});
    control.endRoom(request.params.id, {
      ...(lock === undefined ? {} : { lock }),
      ...(reason === undefined ? {} : { reason }),
      ...(by === undefined ? {} : { by }),
    });
    response.json({ ok: true });
  });
  api.post('/polls/:id/start', (request, response) => {
    response.json(control.startPoll(request.params.id, read(starting, request.body).room_id));
  });
  api.post('/polls/:id/responses', (request, response) => {
    const { peer_id: peerId, ...given } = read(answering, request.body);
    response.json(control.answerPoll(request.params.id, { peerId, ...given }));
  });
  api.put('/webhook', (request, response) => {
    const { url, headers } = read(webhook, request.body);
    control.setWebhook(headers ? { url, headers } : { url });
    response.json({ ok: true });
  });
  api.delete('/webhook', (_request, response) => {
    control.setWebhook(undefined);
    response.json({ ok: true });
  });
  api.post('/webhook/test', async (_request, response) => {
    response.json(await control.sendTestEvent());
  });
  api.put('/rate-limits', (request, response) => {
    control.setRateLimits(read(limits, request.body).limits);
    response.json({ ok: true });
  });
  api.put('/choices', (request, response) => {
    control.choose(read(webhookChoices, request.body));
    response.json({ ok: true });
  });
  api.put('/faults/webhooks', (request, response) => {
    control.setWebhookFaults(read(webhookFaults, request.body));
    response.json({ ok: true });
  });
  api.put('/faults/api', (request, response) => {
    const { faults, seed } = read(apiFaults, request.body);
    control.setApiFaults(faults, seed);
    response.json({ ok: true });
  });
  return api;
}

/** @throws ApiError 400 that names every member that is wrong */
function read<T extends z.ZodType>(shape: T, body: unknown): z.output<T> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new ApiError(400, 'Invalid body', problems);
}
