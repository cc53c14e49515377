import express, { type Express, Router } from 'express';
import { answerErrors, noSuchPath } from './api-error';
import { requireManagementToken } from './management-check';
import { roomsApi } from './rooms/rooms.api';
import { templatesApi } from './templates/templates.api';
import type { Workspace } from './workspace';

const LARGEST_BODY = 1_024 * 1_024;

/** The REST API of 100ms, version 2, as documented. */
export function buildSandboxApp(workspace: Workspace): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use('/v2', requireManagementToken(workspace.account.keys, workspace.clock));
  app.use(express.json({ limit: LARGEST_BODY, strict: false }));
  app.use('/v2', Router().use('/rooms', roomsApi(workspace)).use('/templates', templatesApi(workspace)));
  app.use(noSuchPath);
  app.use(answerErrors);
  return app;
}
