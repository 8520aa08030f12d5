import * as z from 'zod/mini';
import { EntryType, entryTypes, FailureClass } from './entry.ts';

/** Names what mail tells of; a recipient may mute each but the confirmation of an address. */
export const MailKind = z.enum([
  'gallery_ready',
  'link_expiring',
  'daily_digest',
  'upload_finished',
  'failures_waiting',
  'backlog',
]);
export type MailKind = z.infer<typeof MailKind>;

/** Names the languages that notifications are written in. */
export const Language = z.enum(['en', 'id']);
export type Language = z.infer<typeof Language>;

const TimeOfDay = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/));
const Zone = z.string().check(z.maxLength(64), z.refine(isZone, 'not a time zone'));

/** Describes hours, in the recipient's zone, in which nothing arrives; they may span midnight. */
export const QuietHours = z.nullable(z.object({ from: TimeOfDay, to: TimeOfDay }));
export type QuietHours = z.infer<typeof QuietHours>;

/** Describes what an account wants to be told, as `GET /api/notifications/preferences` answers it. */
export const Preferences = z.object({
  email: z.nullable(z.string()),
  /** Says that the address belongs to who gave it: until then it gets one mail, which asks. */
  confirmed: z.boolean(),
  language: Language,
  zone: z.string(),
  quiet: QuietHours,
  digest_at: TimeOfDay,
  muted: z.array(MailKind),
});
export type Preferences = z.infer<typeof Preferences>;

/** Describes the body of `PUT /api/notifications/preferences`; an address of null ends all mail. */
export const ChangePreferences = z.object({
  email: z.nullable(z.email().check(z.maxLength(254))),
  language: Language,
  zone: Zone,
  quiet: z._default(QuietHours, null),
  digest_at: z._default(TimeOfDay, '08:00'),
  muted: z._default(z.array(MailKind).check(z.maxLength(20)), []),
});
export type ChangePreferences = z.output<typeof ChangePreferences>;

const WebhookUrl = z.url({ protocol: /^https?$/ }).check(z.maxLength(2_000));
/** Lists what a webhook can hear today: entries by their type, and that a job has ended. */
export const webhookTypes = [...entryTypes, 'job.completed'] as const;
export type WebhookType = (typeof webhookTypes)[number];

/** Lists what a webhook hears that was told nothing else. */
export const usualWebhookTypes: WebhookType[] = ['photo.rendered', 'photo.failed', 'job.completed', 'event.changed'];

const Types = z.array(EntryType).check(z.minLength(1), z.maxLength(50));

/**
 * Describes the body of `POST /api/events/:event_id/webhooks`: https alone, and the types of entries that it hears;
 * `job.completed` is one besides.
 */
export const CreateWebhook = z.object({
  url: WebhookUrl,
  types: z._default(Types, usualWebhookTypes),
});
export type CreateWebhook = z.output<typeof CreateWebhook>;

/** Describes the body of `PATCH /api/events/:event_id/webhooks/:webhook_id`: what it hears from now on. */
export const ChangeWebhook = z.object({ types: Types });
export type ChangeWebhook = z.infer<typeof ChangeWebhook>;

/** Describes a webhook as the studio shows it. */
export const WebhookView = z.object({
  webhook_id: z.uuid(),
  url: z.string(),
  types: z.array(z.string()),
  state: z.enum(['active', 'paused', 'gone']),
  created_at: z.iso.datetime(),
});
export type WebhookView = z.infer<typeof WebhookView>;

/** Describes the answer of `GET /api/events/:event_id/webhooks`. */
export const WebhookList = z.object({ webhooks: z.array(WebhookView) });
export type WebhookList = z.infer<typeof WebhookList>;

/** Describes a webhook with the secret that its signatures are checked by: told when it is made or rotated, never again. */
export const WebhookSecret = z.object({ webhook: WebhookView, secret: z.string() });
export type WebhookSecret = z.infer<typeof WebhookSecret>;

/** Names the ways to a reader. */
export const Channel = z.enum(['email', 'webhook', 'push']);
export type Channel = z.infer<typeof Channel>;

/** Names what becomes of a notification; `dropped` is one whose reader did not want it any more. */
export const NotificationState = z.enum(['due', 'sent', 'failed', 'dropped']);
export type NotificationState = z.infer<typeof NotificationState>;

/** Describes a notification in the log: no address and no content. */
export const NotificationView = z.object({
  notification_id: z.uuid(),
  kind: z.string(),
  channel: Channel,
  webhook_id: z.nullable(z.uuid()),
  state: NotificationState,
  attempts: z.int(),
  due_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
  settled_at: z.nullable(z.iso.datetime()),
  /** Is the last answer of a receiver, as an HTTP status. */
  status: z.nullable(z.int()),
  error_class: z.nullable(FailureClass),
  error: z.nullable(z.string()),
});
export type NotificationView = z.infer<typeof NotificationView>;

/** Describes one try to send a notification: when it began, how long it took in ms, and what came of it. */
export const NotificationTry = z.object({
  tried_at: z.iso.datetime(),
  took_ms: z.int(),
  result: z.string(),
  status: z.nullable(z.int()),
  error: z.nullable(z.string()),
});
export type NotificationTry = z.infer<typeof NotificationTry>;

/** Describes the answer of `GET /api/events/:event_id/notifications/:notification_id`: its newest tries first, up to 100. */
export const NotificationAnswer = z.extend(NotificationView, { tries: z.array(NotificationTry) });
export type NotificationAnswer = z.infer<typeof NotificationAnswer>;

/** Describes the answer of `GET /api/events/:event_id/notifications`: newest first; `next` asks for the page behind. */
export const NotificationPage = z.object({ notifications: z.array(NotificationView), next: z.nullable(z.string()) });
export type NotificationPage = z.infer<typeof NotificationPage>;

/** Describes a browser's push subscription, as `PushSubscription.toJSON()` gives it, and how its guest wants it. */
export const SubscribePush = z.object({
  endpoint: z.url({ protocol: /^https?$/ }).check(z.maxLength(2_000)),
  keys: z.object({
    p256dh: z.string().check(z.regex(/^[\w-]{87,88}=*$/)),
    auth: z.string().check(z.regex(/^[\w-]{22}=*$/)),
  }),
  language: z._default(Language, 'en'),
  zone: z._default(Zone, 'UTC'),
  quiet: z._default(QuietHours, null),
});
export type SubscribePush = z.output<typeof SubscribePush>;

/** Describes the answer of `GET /api/push/key`: the key by which browsers know who may push to them. */
export const PushKey = z.object({ key: z.string() });
export type PushKey = z.infer<typeof PushKey>;

/** Describes the payload of a push message, as the service worker gets it. */
export const PushNews = z.object({
  notification_id: z.uuid(),
  event_id: z.uuid(),
  kind: z.literal('new_photos'),
  count: z.int(),
  title: z.string(),
  body: z.string(),
  path: z.string(),
});
export type PushNews = z.infer<typeof PushNews>;

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
