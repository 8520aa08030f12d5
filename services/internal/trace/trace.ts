import { AsyncLocalStorage } from 'node:async_hooks';

/** Is what a span says of its work: ids and facts, never names or texts. */
export type Attributes = Readonly<Record<string, string | number | null>>;

/** Is what a span may begin with: the trace that it continues, and when its work began, if that was earlier. */
export interface SpanStart {
  parent: string | undefined;
  startedAt?: Date;
}

/** Records spans; `open` gives the traceparent of what happens inside, and what ends it, with the error where one ended it. */
export interface Tracer extends AsyncDisposable {
  /** Decides, by the share of traces that are recorded, whether one that a caller began is. */
  takesCaller(): boolean;
  open(
    name: string,
    attributes: Attributes,
    start: SpanStart,
  ): { traceparent: string; end: (failure?: { error: unknown }) => void };
}

const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const trace = new AsyncLocalStorage<string | undefined>();
// One for the process, as its standard output is: where traces go is no business of whoever works.
let tracer: Tracer | undefined;

/** Sends the spans of this process to a tracer from now on; undefined ends that. */
export function traceWith(next: Tracer | undefined): void {
  tracer = next;
}

/** Reads a W3C traceparent; undefined when it is none. */
export function parseTraceparent(text: unknown): string | undefined {
  return typeof text === 'string' && pattern.test(text) ? text : undefined;
}

/**
 * Reads the traceparent of a caller from outside: its trace goes on, and is recorded at our own share, whatever the caller asks
 * for. Between our processes the flag decides, so that a photo is traced on all of its way or nowhere.
 */
export function callersTrace(text: unknown): string | undefined {
  const parent = parseTraceparent(text);
  return parent === undefined || tracer === undefined || tracer.takesCaller() ? parent : `${parent.slice(0, -2)}00`;
}

/** Gives the traceparent of what happens now, if it belongs to a trace. */
export function currentTrace(): string | undefined {
  return trace.getStore();
}

/** Runs work as part of a trace, or of none. */
export function within<T>(traceparent: string | undefined, work: () => T): T {
  return trace.getStore() === traceparent ? work() : trace.run(traceparent, work);
}

/** Runs work as a span of the current trace, or of a new one; where nothing records, it just runs. */
export function span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return tracer === undefined ? work() : recorded(tracer, name, attributes, work);
}

/** Runs work as part of the trace that caused it, as a span where one is recorded; without a trace it just runs. */
export function follow<T>(
  traceparent: string | undefined,
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  return within(traceparent, () => (traceparent === undefined ? work() : span(name, attributes, work)));
}

/** Records what ended now and began earlier, as part of the trace that caused it. */
export function happened(traceparent: string | undefined, name: string, attributes: Attributes, startedAt: Date): void {
  if (tracer !== undefined && traceparent !== undefined)
    tracer.open(name, attributes, { parent: traceparent, startedAt }).end();
}

async function recorded<T>(by: Tracer, name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const { traceparent, end } = by.open(name, attributes, { parent: currentTrace() });
  try {
    const value = await within(traceparent, work);
    end();
    return value;
  } catch (error) {
    end({ error });
    throw error;
  }
}
