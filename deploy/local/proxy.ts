import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import httpProxy from '@fastify/http-proxy';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';

// Longer than any stream lives: the targets end their streams, the proxy never does.
const NEVER_MS = 2 ** 31 - 1;
const DISCARD_MS = 5_000;

// Stands in for the page server while that is away, so it can use nothing of its pages.
const WAITING_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<meta name="color-scheme" content="light dark"><title>Kilat is starting</title>
<body style="font: 1.125rem system-ui; display: grid; place-items: center; min-height: 90vh; margin: 0 1.5rem">
<p>Kilat is starting. This page opens by itself in a moment.</p>
`;

/** Says where the proxy listens and which inner address serves each path; `/` takes what no other does. */
export interface ProxyOptions {
  host: string;
  port: number;
  tls: { cert: string; key: string } | undefined;
  routes: Record<string, string>;
  /**
   * Says that addresses stand for several replicas: each request then goes on a connection of its own, or those of a
   * kept one would go to a replica that has left.
   */
  balanced?: boolean;
}

/** Is the one door to an installation. */
export interface Door {
  /**
   * Takes no new connection and resolves when the last request has ended; for some milliseconds before answers only tell
   * that their connections end, or a client that sends on a kept one finds it closed.
   */
  drain(leaveMs?: number): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

/** Listens on the one origin and passes each path on to its target, streams unbuffered in both directions. */
export async function startProxy(options: ProxyOptions): Promise<Door> {
  const app = openProxy(options.tls);
  for (const prefix of Object.keys(options.routes)) await route(app, prefix, options);
  const draining = new AbortController();
  app.addHook('onSend', async (_request, reply) => {
    if (draining.signal.aborted) void reply.header('connection', 'close'); // else an idle client would keep us
  });
  await app.listen({ host: options.host, port: options.port });
  const drain = async (leaveMs = 0) => {
    draining.abort();
    if (leaveMs > 0) await sleep(leaveMs);
    await app.close();
  };
  return { drain, cut: () => app.server.closeAllConnections() };
}

function openProxy(tls: ProxyOptions['tls']): FastifyInstance {
  const common = {
    logger: false,
    forceCloseConnections: 'idle' as const,
    exposeHeadRoutes: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
  };
  const https = tls && { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  return (https ? fastify({ ...common, https }) : fastify(common)) as FastifyInstance;
}

async function route(app: FastifyInstance, prefix: string, { routes, balanced = false }: ProxyOptions): Promise<void> {
  await app.register(httpProxy, {
    upstream: routes[prefix] ?? '',
    prefix,
    rewritePrefix: prefix === '/' ? '' : prefix,
    http: { requestOptions: { timeout: NEVER_MS }, agentOptions: { keepAlive: !balanced } },
    disableRequestLogging: true,
    preHandler: (request, _reply, done) => {
      request.body = detached(request);
      done();
    },
    replyOptions: {
      retryDelay: () => null,
      rewriteRequestHeaders: forwarded,
      onError: (reply) => void refuse(reply as FastifyReply),
    },
  });
}

// A failed target must not take the client's connection with it: the answer still has to go out on it.
function detached(request: FastifyRequest): unknown {
  if (!(request.body instanceof Readable)) return request.body;
  const { raw } = request;
  const body = raw.pipe(new PassThrough());
  raw.on('close', () => raw.complete || body.destroy());
  body.on('close', () => raw.unpipe(body).resume());
  body.on('error', () => {});
  return body;
}

// We are the edge: what a client says of its own address is not passed on.
function forwarded(request: Pick<FastifyRequest, 'ip' | 'protocol' | 'headers'>, headers: IncomingHttpHeaders) {
  const { forwarded: _, ...others } = headers;
  const { host } = request.headers;
  const ours = { 'x-forwarded-for': request.ip, 'x-forwarded-proto': request.protocol };
  return { ...others, ...ours, ...(host && { 'x-forwarded-host': host }) };
}

async function refuse(reply: FastifyReply): Promise<void> {
  await discardRest(reply.request);
  void reply.status(503).header('retry-after', '2').header('cache-control', 'no-store');
  if (reply.request.headers.accept?.includes('text/html')) return void reply.type('text/html').send(WAITING_PAGE);
  const problem = {
    type: 'urn:kilat:problem:restarting',
    title: 'restarting',
    status: 503,
    code: 'restarting',
    detail: 'This part of the service is starting again; try once more in a moment.',
    request_id: reply.request.id,
  };
  void reply.type('application/problem+json').send(Buffer.from(JSON.stringify(problem)));
}

// An answer that overtakes its request is lost on clients that only look once they have sent everything.
async function discardRest({ raw }: FastifyRequest): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), DISCARD_MS);
  await new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) raw.once(event, resolve);
    over.signal.addEventListener('abort', () => resolve());
    raw.resume();
  });
  clearTimeout(timer);
}
