import { PushKey, SubscribePush } from '@kilat/contract';
import * as z from 'zod';
import type { Access } from '#internal/auth/access.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import type { SubscriptionStore } from '#internal/notifications/subscriptions.ts';
import type { Caller } from '../caller.ts';
import { EventParams, Nothing } from './params.ts';

/** Is what these routes need: `pushKey` is public, browsers know the install by it. */
export interface PushRoutes {
  access: Access;
  caller: Caller;
  subscriptions: SubscriptionStore;
  pushKey: string;
  pushLimit: Limit;
}

const Endpoint = z.object({ endpoint: z.string().min(1).max(2_000) });

/** Adds push: who sees an event may be told of its new photos, browser by browser. */
export function pushRoutes(app: App, { access, caller, subscriptions, pushKey, pushLimit }: PushRoutes): void {
  app.get('/api/push/key', { schema: { response: { 200: PushKey } } }, async () => ({ key: pushKey }));
  const url = '/api/events/:event_id/push';
  app.put(
    url,
    { schema: { params: EventParams, body: SubscribePush, response: { 204: Nothing } } },
    async (req, reply) => {
      const principal = await caller(req);
      await access.check(principal, 'event.see', req.params.event_id);
      await pushLimit(principal.kind === 'guest' ? principal.sessionId : req.ip);
      await subscriptions.subscribe(req.params.event_id, principal, req.body);
      return reply.status(204).send(null);
    },
  );
  app.delete(
    url,
    { schema: { params: EventParams, body: Endpoint, response: { 204: Nothing } } },
    async (req, reply) => {
      await access.check(await caller(req), 'event.see', req.params.event_id);
      await subscriptions.unsubscribe(req.params.event_id, req.body.endpoint);
      return reply.status(204).send(null);
    },
  );
}
