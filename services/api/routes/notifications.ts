import {
  ChangePreferences,
  NotificationAnswer,
  NotificationPage,
  NotificationState,
  NotificationView,
  Preferences,
} from '@kilat/contract';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import type { Access } from '#internal/auth/access.ts';
import { authorize } from '#internal/auth/authorize.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import type { NotificationLog } from '#internal/notifications/log.ts';
import type { RecipientStore } from '#internal/notifications/recipients.ts';
import { accountOf, type Caller } from '../caller.ts';
import { mailPage } from './mailpage.ts';
import { EventParams, NotificationParams } from './params.ts';

/** Is what these routes need. */
export interface NotificationRoutes {
  access: Access;
  caller: Caller;
  recipients: RecipientStore;
  notifications: NotificationLog;
  preferLimit: Limit;
  mailLinkLimit: Limit;
}

const LogQuery = z.object({
  webhook_id: z.uuid().optional(),
  state: z.enum(NotificationState.options).optional(),
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

// Long enough for what we sign, short enough to look at.
const MailLink = z.object({ token: z.string().min(1).max(300) });

/** Adds what an account wants to be told, the links of its mails, and an event's log of what was told. */
export function notificationRoutes(app: App, deps: NotificationRoutes): void {
  preferenceRoutes(app, deps);
  logRoutes(app, deps);
  void app.register(async (scope) => mailLinkRoutes(scope, deps));
}

function preferenceRoutes(app: App, { caller, recipients, preferLimit }: NotificationRoutes): void {
  const url = '/api/notifications/preferences';
  app.get(url, { schema: { response: { 200: Preferences } } }, async (req) => {
    const principal = await caller(req);
    authorize(principal, 'notification.prefer');
    return recipients.read(accountOf(principal).accountId);
  });
  app.put(url, { schema: { body: ChangePreferences, response: { 200: Preferences } } }, async (req) => {
    const principal = await caller(req);
    authorize(principal, 'notification.prefer');
    const { accountId } = accountOf(principal);
    // Each new address is sent a question: nobody floods a stranger with them.
    await preferLimit(accountId);
    return recipients.change(accountId, req.body);
  });
}

function logRoutes(app: App, { access, caller, notifications }: NotificationRoutes): void {
  const url = '/api/events/:event_id/notifications';
  app.get(
    url,
    { schema: { params: EventParams, querystring: LogQuery, response: { 200: NotificationPage } } },
    async (req) => {
      const eventId = req.params.event_id;
      await access.check(await caller(req), 'notification.see', eventId);
      const { webhook_id: webhookId, ...rest } = req.query;
      return notifications.page({ eventId, webhookId, ...rest });
    },
  );
  app.get(
    `${url}/:notification_id`,
    { schema: { params: NotificationParams, response: { 200: NotificationAnswer } } },
    async (req) => {
      const { event_id, notification_id } = req.params;
      await access.check(await caller(req), 'notification.see', event_id);
      return notifications.read(event_id, notification_id);
    },
  );
  app.post(
    `${url}/:notification_id/replay`,
    { schema: { params: NotificationParams, response: { 202: NotificationView } } },
    async (req, reply) => {
      const { event_id, notification_id } = req.params;
      await access.check(await caller(req), 'notification.see', event_id);
      return reply.status(202).send(await notifications.replay(event_id, notification_id));
    },
  );
}

/*
 * A mail's links need no sign-in: their signature lets them do one thing. GET shows a button, for mail scanners open every
 * link; POST does it, and is what RFC 8058 has mail programs send, from any site and as a form.
 */
function mailLinkRoutes(app: App, { recipients, mailLinkLimit }: NotificationRoutes): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', (_req, payload, done) => {
    payload.resume();
    done(null);
  });
  const acts = { unsubscribe: recipients.unsubscribe, confirm: recipients.confirm };
  for (const name of ['unsubscribe', 'confirm'] as const) {
    const url = `/api/notifications/${name}`;
    app.get(url, { schema: { querystring: MailLink } }, async (req, reply) => {
      await mailLinkLimit(req.ip);
      return page(reply, mailPage({ name, done: false }));
    });
    app.post(url, { schema: { querystring: MailLink } }, async (req, reply) => {
      await mailLinkLimit(req.ip);
      await acts[name](req.query.token);
      return page(reply, mailPage({ name, done: true }));
    });
  }
}

function page(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .headers({
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    })
    .type('text/html; charset=utf-8')
    .send(html);
}
