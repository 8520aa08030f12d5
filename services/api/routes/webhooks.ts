import { ChangeWebhook, CreateWebhook, WebhookList, WebhookSecret, WebhookView } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import type { WebhookStore } from '#internal/notifications/webhooks.ts';
import type { Caller } from '../caller.ts';
import { EventParams, Nothing, WebhookParams } from './params.ts';

/** Is what these routes need. */
export interface WebhookRoutes {
  access: Access;
  caller: Caller;
  webhooks: WebhookStore;
  webhookLimit: Limit;
}

/** Adds an event's webhooks: list, add, change, remove, a new secret, a trial. Where their messages went is in the event's log. */
export function webhookRoutes(app: App, { access, caller, webhooks, webhookLimit }: WebhookRoutes): void {
  const url = '/api/events/:event_id/webhooks';
  const check = async (req: Parameters<Caller>[0], eventId: string) => {
    await access.check(await caller(req), 'webhook.manage', eventId);
  };
  app.get(url, { schema: { params: EventParams, response: { 200: WebhookList } } }, async (req) => {
    await check(req, req.params.event_id);
    return { webhooks: await webhooks.list(req.params.event_id) };
  });
  app.post(
    url,
    { schema: { params: EventParams, body: CreateWebhook, response: { 201: WebhookSecret } } },
    async (req, reply) => {
      await check(req, req.params.event_id);
      checkUrl(req.body.url);
      return reply.status(201).send(await webhooks.create(req.params.event_id, req.body));
    },
  );
  app.patch(
    `${url}/:webhook_id`,
    { schema: { params: WebhookParams, body: ChangeWebhook, response: { 200: WebhookView } } },
    async (req) => {
      await check(req, req.params.event_id);
      return webhooks.change(req.params.event_id, req.params.webhook_id, req.body);
    },
  );
  app.delete(
    `${url}/:webhook_id`,
    { schema: { params: WebhookParams, response: { 204: Nothing } } },
    async (req, reply) => {
      await check(req, req.params.event_id);
      await webhooks.remove(req.params.event_id, req.params.webhook_id);
      return reply.status(204).send(null);
    },
  );
  app.post(
    `${url}/:webhook_id/secret`,
    { schema: { params: WebhookParams, response: { 200: WebhookSecret } } },
    async (req) => {
      await check(req, req.params.event_id);
      return webhooks.rotate(req.params.event_id, req.params.webhook_id);
    },
  );
  app.post(
    `${url}/:webhook_id/trial`,
    { schema: { params: WebhookParams, response: { 204: Nothing } } },
    async (req, reply) => {
      await check(req, req.params.event_id);
      await webhookLimit(req.params.webhook_id);
      await webhooks.trial(req.params.event_id, req.params.webhook_id);
      return reply.status(204).send(null);
    },
  );
}

// Where a name leads is looked at when a message goes out, each time: here, only what can never be right.
function checkUrl(url: string): void {
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:') throw new Fault('invalid', 'A webhook needs an address that begins with https.');
  if (username !== '' || password !== '') throw new Fault('invalid', 'An address must hold no password.');
}
