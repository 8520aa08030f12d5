import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { checkOrigin } from '#internal/auth/origin.ts';
import { sessionKey } from '#internal/auth/sessions.ts';
import { type App, type AppOptions, openApp } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import { discardRest } from './discard.ts';
import { type BackupRoutes, backupRoutes } from './routes/backups.ts';
import { type BatchRoutes, batchRoutes } from './routes/batch.ts';
import { type CardRoutes, cardRoutes } from './routes/cards.ts';
import { type EventRoutes, eventRoutes } from './routes/events.ts';
import { type FailureRoutes, failureRoutes } from './routes/failures.ts';
import { type JobRoutes, jobRoutes } from './routes/jobs.ts';
import { type LinkRoutes, linkRoutes } from './routes/links.ts';
import { type NotificationRoutes, notificationRoutes } from './routes/notifications.ts';
import { type PeopleRoutes, peopleRoutes } from './routes/people.ts';
import { type PhotoRoutes, photoRoutes } from './routes/photos.ts';
import { type PushRoutes, pushRoutes } from './routes/push.ts';
import { type QuotaRoutes, quotaRoutes } from './routes/quota.ts';
import { type SessionRoutes, sessionRoutes } from './routes/session.ts';
import { type WebhookRoutes, webhookRoutes } from './routes/webhooks.ts';

/** Is what the api needs. */
export interface ServerDeps
  extends BackupRoutes,
    BatchRoutes,
    CardRoutes,
    AppOptions,
    SessionRoutes,
    EventRoutes,
    FailureRoutes,
    JobRoutes,
    LinkRoutes,
    NotificationRoutes,
    PeopleRoutes,
    PhotoRoutes,
    PushRoutes,
    QuotaRoutes,
    WebhookRoutes {
  allowedOrigins: readonly string[];
  requestLimit: Limit;
}

/** Makes the server of /api; its description is at /api/openapi.json. */
export async function createServer(deps: ServerDeps): Promise<App> {
  const app = openApp(deps);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Kilat', version: '1' } },
    transform: jsonSchemaTransform,
  });
  app.addHook('onRequest', async (req, reply) => {
    checkOrigin(req, deps.allowedOrigins);
    // One venue shares one address: who has a session is counted by it. A made-up cookie is no session.
    const known = (await deps.caller(req)).kind !== 'stranger';
    await deps.requestLimit((known ? sessionKey(req.headers.cookie) : undefined) ?? req.ip);
    void reply.header('cache-control', 'no-store');
  });
  app.addHook('onSend', async (req) => {
    await discardRest(req.raw);
  });
  sessionRoutes(app, deps);
  eventRoutes(app, deps);
  linkRoutes(app, deps);
  jobRoutes(app, deps);
  cardRoutes(app, deps);
  void app.register((scope) => batchRoutes(scope, deps));
  peopleRoutes(app, deps);
  photoRoutes(app, deps);
  failureRoutes(app, deps);
  quotaRoutes(app, deps);
  notificationRoutes(app, deps);
  webhookRoutes(app, deps);
  pushRoutes(app, deps);
  backupRoutes(app, deps);
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app;
}
