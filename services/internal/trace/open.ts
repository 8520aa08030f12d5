import { parseHeaders } from './headers.ts';
import { type Tracer, traceWith } from './trace.ts';

/** Says where spans go, how many, and whose they are. */
export interface TraceOptions {
  endpoint: string | undefined;
  headers: string | undefined;
  /** Is the share of new traces that are recorded, 0 to 1. */
  share: number;
  service: string;
  /** Is told once when the collector does not take what it is sent. */
  onRefused?: ((err: unknown) => void) | undefined;
  version: string;
}

/** Begins to record spans where there is somewhere to send them; what does that is loaded only then. */
export async function openTracing(options: TraceOptions): Promise<AsyncDisposable> {
  const { endpoint, headers } = options;
  if (endpoint === undefined) return { [Symbol.asyncDispose]: async () => {} };
  const { otlpTracer } = await import('./otlp.ts');
  const tracer: Tracer = otlpTracer({ ...options, endpoint, headers: parseHeaders(headers ?? '') ?? {} });
  traceWith(tracer);
  return {
    async [Symbol.asyncDispose]() {
      traceWith(undefined);
      await tracer[Symbol.asyncDispose]();
    },
  };
}
