import express, { type Express, type RequestHandler, Router } from 'express';
import { Analytics } from './analytics/analytics';
import { analyticsApi } from './analytics/analytics.api';
import { ApiError, answerErrors, noSuchPath } from './api-error';
import { Broadcasts } from './broadcasts/broadcasts';
import { assetsApi, broadcastsApi } from './broadcasts/broadcasts.api';
import { SandboxControl } from './control/control';
import { controlApi } from './control/control.api';
import { ApiFaults } from './faults';
import { keptAnswers } from './kept-answers';
import { requireManagementToken } from './management-check';
import { Polls } from './polls/polls';
import { pollsApi } from './polls/polls.api';
import { RateGate } from './rate-gate';
import { roomCodesApi } from './room-codes/room-codes.api';
import { tokenApi } from './room-codes/token.api';
import { roomsApi } from './rooms/rooms.api';
import { activeRoomsApi } from './sessions/active-rooms.api';
import { Attendance } from './sessions/attendance';
import { sessionsApi } from './sessions/sessions.api';
import { sipApi } from './sip/sip.api';
import { streamKeysApi } from './stream-keys/stream-keys.api';
import { templatesApi } from './templates/templates.api';
import type { Timers } from './timers';
import { webhookAnalyticsApi } from './webhooks/analytics.api';
import { Replays } from './webhooks/replays';
import { Webhooks } from './webhooks/webhooks';
import type { Workspace } from './workspace';

const LARGEST_BODY = 1_024 * 1_024;

/** The REST API of 100ms, version 2, as documented, and beside it the control over everything that it cannot do. */
export function buildSandboxApp(
  workspace: Workspace,
  timers: Timers,
): { app: Express; control: SandboxControl } {
  const webhooks = new Webhooks({ workspace, timers });
  const analytics = new Analytics(workspace);
  const attendance = new Attendance({ workspace, webhooks, analytics, timers });
  const replays = new Replays({ workspace, webhooks, timers });
  const broadcasts = new Broadcasts({ workspace, attendance, webhooks, analytics, timers });
  const polls = new Polls({ workspace, attendance, timers });
  const apiFaults = new ApiFaults(timers);
  const control = new SandboxControl({ workspace, attendance, webhooks, polls, apiFaults });
  const json = express.json({ limit: LARGEST_BODY, strict: false });

  const app = express().disable('x-powered-by').disable('etag');
  app.use('/__sandbox', fromThisMachineOnly, keptAnswers(workspace), json, controlApi(control));
  app.use('/v2', apiFaults.middleware, keptAnswers(workspace));
  app.use('/v2/token', tokenApi(workspace));
  app.use('/v2', requireManagementToken(workspace.account.keys, workspace.clock));
  app.use('/v2', new RateGate(workspace).middleware, json);
  app.use(
    '/v2',
    Router()
      .use('/rooms', roomsApi(workspace))
      .use('/active-rooms', activeRoomsApi({ workspace, attendance, timers }))
      .use('/room-codes', roomCodesApi(workspace))
      .use('/sessions', sessionsApi(workspace))
      .use('/templates', templatesApi(workspace))
      .use('/recordings', broadcastsApi('recordings', workspace, broadcasts))
      .use('/live-streams', broadcastsApi('live-streams', workspace, broadcasts))
      .use('/external-streams', broadcastsApi('external-streams', workspace, broadcasts))
      .use('/recording-assets', assetsApi(workspace))
      .use('/stream-keys', streamKeysApi(workspace))
      .use('/polls', pollsApi(workspace, polls))
      .use('/sip', sipApi(workspace, attendance))
      .use('/analytics/webhooks', webhookAnalyticsApi(workspace, replays))
      .use('/analytics', analyticsApi(workspace, analytics)),
  );
  app.use(noSuchPath);
  app.use(answerErrors);
  return { app, control };
}

/**
 * The control asks for no login, so a web page must not get at it: it has no CORS, takes a body only as JSON, which
 * a page of another origin may not send, and answers to no name but this machine's.
 */
const fromThisMachineOnly: RequestHandler = (request, _response, next) => {
  const isHere = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.get('host') ?? '');
  if (!isHere || request.get('origin') !== undefined) {
    throw new ApiError(403, 'The control of the sandbox is for this machine, and not for web pages.');
  }
  next();
};
