import express, { type Express, type Request, type RequestHandler } from 'express';
import { AppError, badInput } from '../../errors';
import { parseInput } from '../../rooms/room.input';
import { honourConditions } from '../conditions';
import { jsonBody, onlyJson } from '../json-body';
import { methodNotAllowed } from '../json-errors';
import { identityOf, requireLogin } from '../logins/http-login';
import { eventStreamType } from './live-updates';
import type { RestParts, Route } from './route';
import { routes } from './routes';

/**
 * The REST door: every route of the table, and 405 for what else is asked of their paths. An application of its own because
 * entity tags are settings of one; Express makes them, and answers 304 where they are known.
 */
export function restDoor(parts: RestParts): Express {
  const door = express().disable('x-powered-by').set('etag', 'strong');
  for (const path of new Set(routes.map((each) => each.path))) {
    const place = door.route(path.replaceAll(/\{(\w+)\}/g, ':$1')).all(requireLogin(parts.identities));
    const own = routes.filter((each) => each.path === path);
    for (const each of own) place[each.method](...handlers(each, parts));
    const methods = own.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']));
    place.all(methodNotAllowed(...methods.sort()));
  }
  return door;
}

function handlers(each: Route, parts: RestParts): RequestHandler[] {
  const json = each.body ? [onlyJson, jsonBody({ limit: parts.bodyBytes, strict: false })] : [];
  return [honourConditions, acceptable(each), ...json, answer(each, parts)];
}

function acceptable({ answer: { events } }: Route): RequestHandler {
  const types = ['application/json', ...(events ? [eventStreamType] : [])];
  return (request, response, next) => {
    response.vary('Accept');
    if (request.accepts(types)) return next();
    throw new AppError('NOT_ACCEPTABLE', `The answer is ${types.join(' or ')}, and Accept allows neither.`);
  };
}

function answer(each: Route, parts: RestParts): RequestHandler {
  return async (request, response) => {
    const reply = await each.run(inputOf(each, request) as never, {
      ...parts,
      caller: identityOf(request).caller,
      request,
      response,
    });
    if (!reply) return;
    response.status(each.answer.status).set({ ...reply.headers });
    // An entity tag is of what the address stands for, so only reads have one.
    if (each.method === 'get') response.set('cache-control', 'no-cache').json(reply.body);
    else response.set('cache-control', 'no-store').type('json').end(JSON.stringify(reply.body));
  };
}

/** Everything that the route takes, checked. */
function inputOf({ params, query, headers, body }: Route, request: Request) {
  const sent = Object.keys(headers?.shape ?? {}).map((name) => [name, request.get(name)] as const);
  if (body && (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body))) {
    throw badInput([{ field: 'body', rule: 'must be a JSON object' }]);
  }
  return {
    params: params && parseInput(params, request.params),
    query: query && parseInput(query, request.query),
    headers: headers && parseInput(headers, Object.fromEntries(sent)),
    body: body && parseInput(body, request.body),
  };
}
