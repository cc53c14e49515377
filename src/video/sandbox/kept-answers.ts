import type { RequestHandler } from 'express';
import type { Workspace } from './workspace';

/**
 * An answer promises that what was asked for is on disk. If the disk rejects writes, any request that would change something
 * answers 500 instead; it may have happened, and is there for as long as this process runs.
 */
export function keptAnswers({ isKept }: Pick<Workspace, 'isKept'>): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET') return next();
    const end = response.end.bind(response) as (text?: string | Buffer) => typeof response;
    const endKept = (text?: string | Buffer) => {
      if (response.statusCode >= 300 || response.headersSent || isKept()) return end(text);
      const message = 'Internal server error';
      const body = { code: 500, message, details: ['the sandbox cannot write to its directory'] };
      response.status(500).type('json').removeHeader('content-length');
      return end(JSON.stringify(body));
    };
    response.end = endKept as typeof response.end;
    next();
  };
}
