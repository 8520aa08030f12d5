import type { Server } from '@tus/server';
import { checkOrigin } from '#internal/auth/origin.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import { openApp } from '#internal/httpserver/httpserver.ts';
import type { Logger } from '#internal/log/log.ts';
import { contextOf, pause } from '#internal/process/context.ts';
import { uploadRequest } from './request.ts';

/** Is what the HTTP side of uploads needs. */
export interface ServerDeps {
  tus: Server;
  sessions: Sessions;
  allowedOrigins: readonly string[];
  trustProxy: readonly string[];
  idleSeconds: number;
  log: Logger;
}

/** Makes the server of /files. `drain` lets running requests end, then cuts them: what they brought is kept. */
export function createServer(deps: ServerDeps) {
  const app = openApp(deps);
  const running = new Set<{ cut: () => void; done: Promise<void> }>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_req, _payload, done) => done(null));
  app.route({
    method: ['OPTIONS', 'POST', 'HEAD', 'PATCH', 'DELETE'],
    url: '/files*',
    handler: async (req, reply) => {
      checkOrigin(req, deps.allowedOrigins);
      const principal = await deps.sessions.find(req.headers.cookie);
      reply.hijack();
      reply.raw.setHeader('x-request-id', req.id);
      req.raw.setTimeout(deps.idleSeconds * 1_000, () => req.raw.destroy());
      const length = req.headers['content-length'];
      const request = {
        method: req.method,
        contentLength: length === undefined ? undefined : Number(length),
        principal,
      };
      const done = uploadRequest
        .run(request, () => deps.tus.handle(req.raw, reply.raw))
        .then(
          () => {},
          (err) => deps.log.info({ err }, 'connection ended early'),
        );
      const one = { cut: () => req.raw.destroy(), done };
      running.add(one);
      void done.finally(() => running.delete(one));
    },
  });
  async function drain(seconds: number): Promise<void> {
    app.server.close();
    app.server.closeIdleConnections();
    await Promise.race([pause(contextOf(AbortSignal.timeout(seconds * 1_000)), seconds * 1_000), settled()]);
    for (const { cut } of running) cut();
    await settled();
  }
  async function settled(): Promise<void> {
    await Promise.all([...running].map(({ done }) => done));
  }
  return { app, drain };
}
