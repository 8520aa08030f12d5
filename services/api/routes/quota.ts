import { EventQuota, QuotaView } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { QuotaStore } from '#internal/quotas/view.ts';
import type { Caller } from '../caller.ts';
import { EventParams } from './params.ts';

/** Is what these routes need. */
export interface QuotaRoutes {
  access: Access;
  quotas: QuotaStore;
  caller: Caller;
}

/** Adds an event's quota: what it may take in a day and in all, and what is used or reserved. */
export function quotaRoutes(app: App, { access, quotas, caller }: QuotaRoutes): void {
  const url = '/api/events/:event_id/quota';
  app.get(url, { schema: { params: EventParams, response: { 200: QuotaView } } }, async (req) => {
    await access.check(await caller(req), 'quota.see', req.params.event_id);
    return quotas.read(req.params.event_id);
  });
  app.put(url, { schema: { params: EventParams, body: EventQuota, response: { 200: QuotaView } } }, async (req) => {
    await access.check(await caller(req), 'quota.change', req.params.event_id);
    return quotas.change(req.params.event_id, req.body);
  });
}
