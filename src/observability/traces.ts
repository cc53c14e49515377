import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { AppError } from '../errors';
import type { SpanStart, Traces } from '../spans';

/** What is not sent by then, when this process goes, is lost. In milliseconds: the drain of everything else may take 8 s of the 9 there are. */
const FLUSH_WITHIN = 500;

/**
 * OpenTelemetry, as the `OTEL_*` variables of this process say, which the SDK reads itself; it is loaded here and not before. Nothing is
 * registered globally and no library is instrumented: what is recorded are the spans of our own parts alone.
 *
 * @param report hears when the collector does not take what is sent, once until it has taken something again
 */
export async function openTraces(report: (error: unknown) => void): Promise<Traces> {
  const [{ OTLPTraceExporter }, resources, { BasicTracerProvider, BatchSpanProcessor }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-base'),
  ]);
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources;
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'rollcall', 'service.instance.id': randomUUID() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(reporting(new OTLPTraceExporter(), report))],
  });
  return tracesOf(provider.getTracer('rollcall'), () => inTime(provider.shutdown()));
}

function tracesOf(tracer: Tracer, close: Traces['close']): Traces {
  const current = new AsyncLocalStorage<Span>();
  return {
    here: () => {
      const span = current.getStore();
      return span && traceparentOf(span.spanContext());
    },
    within: async (start, work) => {
      const span = begin(tracer, start);
      try {
        return await current.run(span, () =>
          work((facts, name) => {
            span.setAttributes(facts);
            if (name !== undefined) span.updateName(name);
          }),
        );
      } catch (error) {
        span.setAttribute('error.type', error instanceof AppError ? error.code : 'INTERNAL');
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    ended: (start, began) => {
      const span = begin(tracer, start, began);
      span.end();
      const context = span.spanContext();
      return context.traceFlags & TraceFlags.SAMPLED ? traceparentOf(context) : undefined;
    },
    close,
  };
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

function begin(tracer: Tracer, { name, kind, cause, link, facts }: SpanStart, startTime?: number): Span {
  const linked = contextOf(link);
  const options = {
    kind: kinds[kind],
    ...(startTime === undefined ? {} : { startTime }),
    ...(linked ? { links: [{ context: linked }] } : {}),
    attributes: facts ?? {},
  };
  return tracer.startSpan(name, options, under(cause));
}

function under(cause: string | undefined): Context {
  const parent = contextOf(cause);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** Version, trace, span, flags: W3C Trace Context, 3.2. */
const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function contextOf(traceparent = ''): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = form.exec(traceparent) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED };
  return isSpanContextValid(context) ? context : undefined;
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The SDK drops what it could not send without reporting it. */
function reporting(exporter: SpanExporter, report: (error: unknown) => void): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // Only the message of the error: what a collector answers may be anything.
        const { error } = result;
        if (error && !isFailing) report(new Error(`Traces were not taken: ${error.message || 'no answer'}.`));
        isFailing = error !== undefined;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, FLUSH_WITHIN);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
