import type { z } from 'zod';
import { webhookEnvelope } from '../../video/hms.webhook';
import { endings } from '../close-codes';
import { clientFrames, serverFrames } from '../websocket/frames';
import { JsonSchemas } from './json-schemas';

const ref = (...path: readonly string[]) => ({ $ref: `#/${path.join('/')}` });
const refs = (path: string, names: readonly string[]) => names.map((name) => ref(...path.split('/'), name));

/** What speaks first on either side: the raw WebSocket and the webhooks of 100ms, as AsyncAPI 3, from the schemas that check them. */
export function describeMessages(): object {
  const framesIn = Object.entries(clientFrames);
  const framesOut = Object.entries(serverFrames);
  const frames = [...framesIn, ...framesOut];
  const webhook = webhookEnvelope.meta({
    id: 'Webhook',
    description: 'An event at 100ms, as its documentation has it.',
  });
  const schemas = new JsonSchemas([...frames.map(([, data]) => data), webhook]);
  const names = (some: readonly [string, z.ZodType][]) => some.map(([event]) => event);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rollcall',
      version: '1.0.0',
      description:
        'The raw WebSocket, and the webhooks that 100ms sends. The REST door is described by OpenAPI, GraphQL by its schema.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers: {
      sockets: { host: '{host}', protocol: 'ws', variables: { host: { default: '127.0.0.1:3000' } } },
      webhooks: { host: '{host}', protocol: 'http', variables: { host: { default: '127.0.0.1:3000' } } },
    },
    channels: {
      socket: {
        address: '/',
        title: 'Raw WebSocket',
        description:
          'JSON text frames. A socket that is closed on purpose (1000, 1001) leaves at once what it joined; one that is lost leaves ' +
          'after a grace. Who may no longer see a room gets the error ROOM_NOT_FOUND, and leaves it. ' +
          `The server closes with ${endings.restarting.code} when it restarts and ${endings.stalled.code} when nothing is read: come back with the last cursor; ` +
          `with ${endings.loginRejected.code} where a login is needed, ${endings.binaryFrame.code} on binary frames.`,
        servers: [ref('servers', 'sockets')],
        messages: Object.fromEntries(
          names(frames).map((name) => [name, ref('components', 'messages', name)]),
        ),
      },
      webhooks: {
        address: '/webhooks/100ms',
        title: 'Webhooks of 100ms',
        servers: [ref('servers', 'webhooks')],
        messages: { webhook: ref('components', 'messages', 'webhook') },
      },
    },
    operations: {
      ask: {
        action: 'receive',
        summary: 'What a client sends.',
        channel: ref('channels', 'socket'),
        messages: refs('channels/socket/messages', names(framesIn)),
        security: [ref('components', 'securitySchemes', 'login')],
      },
      tell: {
        action: 'send',
        summary: 'What the server sends.',
        channel: ref('channels', 'socket'),
        messages: refs('channels/socket/messages', names(framesOut)),
        security: [ref('components', 'securitySchemes', 'login')],
      },
      takeWebhook: {
        action: 'receive',
        summary: 'What 100ms posts, with the secret in a header. 200 says that it is kept.',
        channel: ref('channels', 'webhooks'),
        messages: [ref('channels', 'webhooks', 'messages', 'webhook')],
        security: [ref('components', 'securitySchemes', 'webhookSecret')],
        bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
      },
    },
    components: {
      schemas: schemas.components(),
      securitySchemes: {
        login: {
          type: 'http',
          scheme: 'bearer',
          description:
            "A service key or a user's JWT: in the handshake, or in the frame `auth`. Not asked for while access is open.",
        },
        webhookSecret: {
          type: 'httpApiKey',
          name: 'x-webhook-secret',
          in: 'header',
          description: 'By the setting WEBHOOK_HEADER; asked for where WEBHOOK_SECRET is set.',
        },
      },
      messages: {
        ...Object.fromEntries(frames.map(([event, data]) => [event, frameOf(event, data, schemas)])),
        webhook: { name: 'webhook', title: 'Webhook', payload: schemas.of(webhook) },
      },
    },
  };
}

function frameOf(event: string, data: z.ZodType, schemas: JsonSchemas): object {
  return {
    name: event,
    title: event,
    ...(data.description && { summary: data.description }),
    payload: {
      type: 'object',
      required: ['event', 'data'],
      properties: { event: { const: event }, data: schemas.of(data) },
    },
  };
}
