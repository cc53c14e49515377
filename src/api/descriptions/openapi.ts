import type { z } from 'zod';
import { type ErrorCode, errorStatus } from '../../errors';
import * as answers from '../rest/answers';
import * as inputs from '../rest/inputs';
import { eventStreamType } from '../rest/live-updates';
import type { Route } from '../rest/route';
import { routes } from '../rest/routes';
import { JsonSchemas } from './json-schemas';

const json = 'application/json';

/** The responses that any request can receive. */
const always: readonly ErrorCode[] = [
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_ACCEPTABLE',
  'RATE_LIMITED',
  'INTERNAL_SERVER_ERROR',
  'UNAVAILABLE',
];
const withBody: readonly ErrorCode[] = ['REQUEST_TIMEOUT', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** The REST door as OpenAPI 3.1, from the table that the door runs by and the schemas that it checks with. */
export function describeRest(): object {
  const {
    createdRoom,
    accessToken,
    roomSummary,
    roomList,
    participant,
    roomDetails,
    update,
    updatePage,
    problem,
  } = answers;
  const schemas = new JsonSchemas([
    ...[inputs.newRoom, inputs.newToken],
    ...[
      createdRoom,
      accessToken,
      roomSummary,
      roomList,
      participant,
      roomDetails,
      update,
      updatePage,
      problem,
    ],
  ]);
  const paths: Record<string, Record<string, object>> = {};
  for (const each of routes) {
    const place = paths[each.path] ?? {};
    place[each.method] = describeRoute(each, schemas);
    paths[each.path] = place;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rollcall',
      version: '1.0.0',
      summary: 'Live video rooms on 100ms: rooms, tokens and who is there.',
      description:
        'The REST door. Every other door (GraphQL over HTTP, WebSocket, SSE and multipart, and a raw WebSocket) tells the same ' +
        'updates with the same cursors.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this description came from.' }],
    tags: [{ name: 'rooms', description: 'Rooms, and the way into them.' }],
    // While access is open, no login is needed.
    security: [{ login: [] }, {}],
    paths,
    components: {
      schemas: schemas.components(),
      securitySchemes: {
        login: { type: 'http', scheme: 'bearer', description: "A service key, or a user's JWT." },
      },
    },
  };
}

function describeRoute(each: Route, schemas: JsonSchemas): object {
  const { id, method, summary, description, answer, body } = each;
  const { events } = answer;
  return {
    operationId: id,
    tags: ['rooms'],
    summary,
    ...(description && { description }),
    parameters: [
      ...parametersIn('path', each.params, schemas),
      ...parametersIn('query', each.query, schemas),
      ...parametersIn('header', each.headers, schemas),
    ],
    ...(body && { requestBody: { required: true, content: { [json]: { schema: schemas.of(body) } } } }),
    responses: {
      [answer.status]: {
        description: events ? `${answer.description} As an event stream: ${events}` : answer.description,
        headers: headersOf(each),
        content: {
          [json]: { schema: schemas.of(answer.body) },
          ...(events && { [eventStreamType]: { schema: { type: 'string' } } }),
        },
      },
      ...(method === 'get' && { 304: { description: 'Still as `If-None-Match` knows it.' } }),
      ...problems([...new Set([...always, ...(body ? withBody : []), ...each.errors])], schemas),
    },
  };
}

function parametersIn(
  place: 'path' | 'query' | 'header',
  taken: z.ZodObject | undefined,
  schemas: JsonSchemas,
) {
  return Object.entries(taken?.shape ?? {}).map(([name, kind]) => {
    const { description, ...schema } = schemas.of(kind as z.ZodType);
    return { name, in: place, required: place === 'path', ...(description ? { description } : {}), schema };
  });
}

function headersOf({ method, answer }: Route) {
  const text = { schema: { type: 'string' } };
  return {
    'X-Request-Id': { description: 'What the log calls this request: yours where you sent one.', ...text },
    ...(method === 'get' && {
      ETag: { description: 'For `If-None-Match`. Not with an event stream.', ...text },
    }),
    ...Object.fromEntries(
      Object.entries(answer.headers ?? {}).map(([name, description]) => [name, { description, ...text }]),
    ),
  };
}

const mayComeBack: readonly number[] = [429, 503];
const retryAfter = {
  'Retry-After': {
    description: 'Seconds until trying again makes sense, where that is known.',
    schema: { type: 'integer' },
  },
};

/** One answer for each status, which says the codes that come with it. */
function problems(codes: readonly ErrorCode[], schemas: JsonSchemas) {
  const statuses = [...new Set(codes.map((code) => errorStatus[code]))].sort((a, b) => a - b);
  const answersOf = statuses.map((status) => {
    const own = codes.filter((code) => errorStatus[code] === status);
    const description = `\`${own.join('`, `')}\``;
    const headers = mayComeBack.includes(status) && { headers: retryAfter };
    return [
      status,
      { description, ...headers, content: { [json]: { schema: schemas.of(answers.problem) } } },
    ];
  });
  return Object.fromEntries(answersOf) as Record<string, object>;
}
