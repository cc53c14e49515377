import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { Collected } from './collected';

/** A span as it is exported, with its attributes by name. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly facts: Readonly<Record<string, unknown>>;
  /** What the process says of itself. */
  readonly resource: Readonly<Record<string, unknown>>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

type Exported = Omit<SeenSpan, 'facts' | 'resource'> & { readonly attributes: readonly Attribute[] };

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Exported[] }[];
  }[];
}

/**
 * A collector that takes traces as OTLP/HTTP has them, in JSON, at `/v1/traces`. With `answer` it does something else with them.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function openCollector(answer: (response: ServerResponse) => void = takeThem) {
  const spans = new Collected<SeenSpan>();
  /** Everything that was sent: headers and bodies. */
  const texts: string[] = [];
  const requests = new Collected<string>();
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    texts.push(text);
    requests.add(
      `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers['api-key']}`,
    );
    for (const span of spansOf(JSON.parse(text) as Export)) spans.add(span);
    answer(response);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    texts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function takeThem(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.end('{}');
}

function spansOf({ resourceSpans }: Export): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ attributes, ...span }) => ({
        ...span,
        facts: byName(attributes),
        resource: byName(resource.attributes),
      })),
  );
}

function byName(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
