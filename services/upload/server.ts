import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '@tus/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkOrigin } from '#internal/auth/origin.ts';
import { type Principal, stranger } from '#internal/auth/principal.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import { Fault, statusOf } from '#internal/fault/fault.ts';
import { type App, type AppOptions, openApp } from '#internal/httpserver/httpserver.ts';
import { algorithms } from './checksum.ts';
import { drain } from './drain.ts';
import { methodOf, protocolFault, tusVersion } from './protocol.ts';
import { requestOf, uploadRequest } from './request.ts';

const methods = new Set(['OPTIONS', 'POST', 'HEAD', 'PATCH', 'DELETE']);
const creationUrl = /^\/files\/?(\?|$)/;

/** Is what the HTTP side of uploads needs. */
export interface ServerDeps extends AppOptions {
  tus: Server;
  sessions: Sessions;
  allowedOrigins: readonly string[];
  maxBytes: number;
  idleSeconds: number;
  /** Adds the ways in besides tus: their bodies are JSON or forms. */
  otherWays: (app: App) => Promise<void>;
}

/**
 * Makes the server of /files. `cutAfter` cuts the tus requests that still run after some seconds, or when all others
 * have ended, and waits until what they brought is kept.
 */
export function createServer(deps: ServerDeps) {
  const app = openApp(deps);
  const running = new Set<{ cut: () => void; done: Promise<void> }>();
  const route = { method: ['OPTIONS', 'GET', 'POST', 'HEAD', 'PATCH', 'DELETE'], exposeHeadRoute: false };
  // Before anything looks at the body or its type: what tus says of them comes first.
  const [onRequest, handler] = [take, unreachable];
  app.route({ ...route, url: '/files', onRequest, handler });
  app.route({ ...route, url: '/files/*', onRequest, handler });
  void app.register(async (scope) => {
    scope.addHook('onRequest', async (req) => checkOrigin(req, deps.allowedOrigins));
    await deps.otherWays(scope);
  });
  async function take(req: FastifyRequest, reply: FastifyReply): Promise<void> {
    const method = methodOf(req);
    const principal = await pass(deps, method, req, reply);
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value ?? '');
    req.raw.method = method;
    // Of use to nobody here, and a second proxy makes a list of it, which @tus/server takes for a bad request.
    strip(req.raw, 'x-forwarded-proto');
    req.raw.setTimeout(deps.idleSeconds * 1_000, () => req.raw.destroy());
    const request = requestOf(method, { req: req.raw, res: reply.raw, principal });
    const handled = uploadRequest.run(request, () => deps.tus.handle(req.raw, reply.raw));
    const done = Promise.race([handled, answeredNobody(reply.raw)]).catch((err) =>
      deps.log.info({ err }, 'connection ended early'),
    );
    const one = { cut: () => req.raw.destroy(), done };
    running.add(one);
    void done.finally(() => running.delete(one));
  }
  async function cutAfter(seconds: number, ended: Promise<void>): Promise<void> {
    const cut = () => {
      for (const one of running) one.cut();
    };
    const timer = setTimeout(cut, seconds * 1_000);
    await ended;
    clearTimeout(timer);
    cut();
    await settled();
  }
  async function settled(): Promise<void> {
    await Promise.all([...running].map(({ done }) => done));
  }
  return { app, cutAfter };
}

function strip(req: IncomingMessage, header: string): void {
  delete req.headers[header];
  req.rawHeaders = req.rawHeaders.filter((_, at, all) => all[at - (at % 2)]?.toLowerCase() !== header);
}

async function unreachable(): Promise<never> {
  throw new Fault('internal', 'an upload request was not taken');
}

/** Waits until a client that has gone was answered nevertheless: nothing else tells that the work for it is done. */
async function answeredNobody(res: ServerResponse): Promise<void> {
  await once(res, 'close');
  while (!res.writableEnded) await sleep(50);
}

/** Lets a request pass that tus, its origin and its session allow; what is refused is read to its end first. */
async function pass(deps: ServerDeps, method: string, req: FastifyRequest, reply: FastifyReply): Promise<Principal> {
  void reply.header('tus-resumable', tusVersion);
  try {
    if (!methods.has(method) || (method === 'POST' && !creationUrl.test(req.url)))
      throw new Fault('missing', 'There is nothing here.');
    const fault = protocolFault(method, req.headers, deps.maxBytes);
    if (fault !== undefined) throw fault;
    checkOrigin({ method, headers: req.headers }, deps.allowedOrigins);
    if (method !== 'OPTIONS') return await deps.sessions.find(req.headers.cookie);
    void reply.header('tus-checksum-algorithm', algorithms);
    return stranger;
  } catch (error) {
    await drain(req.raw);
    if (statusOf(error) === 412) void reply.header('tus-version', tusVersion);
    throw waiting(method, error);
  }
}

// Any 5xx on HEAD makes clients start over from zero; 423 lets them wait.
function waiting(method: string, error: unknown): unknown {
  if (method !== 'HEAD' || statusOf(error) < 500) return error;
  return new Fault('unavailable', 'Ask again soon.', { status: 423, cause: error });
}
