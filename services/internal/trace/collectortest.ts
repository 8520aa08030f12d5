import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** Is a request as it came. */
export interface Taken {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Is a receiver of what a process tells of itself: spans, or errors. */
export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly taken: Taken[];
}

/** Starts a receiver that takes all; `status` is what it answers. */
export async function startCollector(status = 200): Promise<Collector> {
  const taken: Taken[] = [];
  const server = createServer(async (req, res) => {
    const bytes = Buffer.concat(await req.toArray());
    const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    taken.push({ path: req.url ?? '', headers: req.headers, body: body.toString() });
    res.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Is a span as OpenTelemetry sends it. */
export interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Record<string, unknown>;
  failed: boolean;
}

interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes?: { key: string; value: Record<string, unknown> }[];
  status?: { code?: number };
}

/** Reads the spans out of what came. */
export function spansOf({ taken }: Collector): Span[] {
  const sent = taken.flatMap(({ body }) => JSON.parse(body).resourceSpans as { scopeSpans: { spans: SentSpan[] }[] }[]);
  return sent
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ name, traceId, spanId, parentSpanId, attributes = [], status }) => ({
      ...{ name, traceId, spanId, ...(parentSpanId && { parentSpanId }), failed: status?.code === 2 },
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    }));
}
