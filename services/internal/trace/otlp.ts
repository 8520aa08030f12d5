import { setTimeout } from 'node:timers/promises';
import { ROOT_CONTEXT, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Fault } from '../fault/fault.ts';
import type { TraceOptions } from './open.ts';
import type { Attributes, Tracer } from './trace.ts';

const sendMs = 5_000;
// A process that ends waits no longer for a collector that is away.
const lastMs = 3_000;

/** Makes a tracer that sends its spans to a collector, some seconds' worth at once; a collector that is away holds nothing up. */
export function otlpTracer(
  options: Omit<TraceOptions, 'endpoint' | 'headers'> & { endpoint: string; headers: Record<string, string> },
): Tracer {
  const { endpoint, headers, share, service, version } = options;
  const exporter = telling(
    new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, headers, timeoutMillis: sendMs }),
    options.onRefused,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('kilat', version);
  return {
    takesCaller: () => Math.random() < share,
    open(name, attributes, { parent, startedAt }) {
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(parent));
      const span = tracer.startSpan(
        name,
        { attributes: known(attributes), ...(startedAt && { startTime: startedAt }) },
        context,
      );
      return {
        traceparent: traceparentOf(span.spanContext()),
        end(failure) {
          if (failure !== undefined)
            span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', typeOf(failure.error));
          span.end();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([provider.shutdown().catch(() => {}), setTimeout(lastMs, undefined, { ref: false })]);
    },
  };
}

// A mistyped address would be noticed by nobody; that it still refuses is no news.
function telling(exporter: SpanExporter, onRefused: TraceOptions['onRefused']): SpanExporter {
  let isTold = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined && !isTold) {
          isTold = true;
          onRefused?.(result.error);
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

function known(attributes: Attributes): Record<string, string | number> {
  const pairs = Object.entries(attributes).filter((pair): pair is [string, string | number] => pair[1] !== null);
  return Object.fromEntries(pairs);
}

function contextOf(traceparent: string): SpanContext {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

// What kind of error it was, never its message: that may hold what a client sent.
function typeOf(error: unknown): string {
  if (error instanceof Fault) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
