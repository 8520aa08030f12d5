import { NotificationPage, NotificationView, WebhookList, WebhookSecret, type WebhookView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { t } from '#lib/messages/t.ts';

/** Keeps an event's webhooks and the log of what was told; a secret is here once, when it was made. */
export function createWebhooks(eventId: string, initial: WebhookView[], first: NotificationPage) {
  const base = `/api/events/${eventId}`;
  let all = $state.raw(initial);
  let log = $state.raw(first.notifications);
  let next = $state.raw(first.next);
  let secret = $state.raw<{ webhookId: string; text: string }>();
  let busy = $state(false);
  let failure = $state<string>();
  const listed = async () => {
    all = WebhookList.parse(await call('GET', `${base}/webhooks`)).webhooks;
  };
  const newest = async () => {
    const page = NotificationPage.parse(await call('GET', `${base}/notifications`));
    const known = new Set(page.notifications.map((one) => one.notification_id));
    if (log.every((one) => known.has(one.notification_id))) next = page.next;
    log = [...page.notifications, ...log.filter((one) => !known.has(one.notification_id))];
  };
  async function run(work: () => Promise<void>): Promise<boolean> {
    busy = true;
    failure = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      failure = t('event.failed', { detail: error instanceof Error ? error.message : String(error) });
      return false;
    } finally {
      busy = false;
    }
  }
  const keep = ({ webhook, secret: text }: WebhookSecret) => {
    secret = { webhookId: webhook.webhook_id, text };
  };
  return {
    get all(): readonly WebhookView[] {
      return all;
    },
    get log(): readonly NotificationView[] {
      return log;
    },
    get more(): boolean {
      return next !== null;
    },
    get busy(): boolean {
      return busy;
    },
    get failure(): string | undefined {
      return failure;
    },
    /** Gives a webhook's secret, where it was made on this page. */
    secretOf: (webhookId: string) => (secret?.webhookId === webhookId ? secret.text : undefined),
    add: (url: string) =>
      run(async () => {
        keep(WebhookSecret.parse(await call('POST', `${base}/webhooks`, { url })));
        await listed();
      }),
    rotate: (id: string) =>
      run(async () => keep(WebhookSecret.parse(await call('POST', `${base}/webhooks/${id}/secret`)))),
    attempt: (id: string) =>
      run(async () => {
        await call('POST', `${base}/webhooks/${id}/trial`);
        await newest();
      }),
    remove: (id: string) =>
      run(async () => {
        await call('DELETE', `${base}/webhooks/${id}`);
        await listed();
      }),
    replay: (id: string) =>
      run(async () => {
        const again = NotificationView.parse(await call('POST', `${base}/notifications/${id}/replay`));
        log = log.map((one) => (one.notification_id === id ? again : one));
      }),
    older: () =>
      run(async () => {
        const page = NotificationPage.parse(await call('GET', `${base}/notifications?after=${next}`));
        [log, next] = [[...log, ...page.notifications], page.next];
      }),
    /** Reads again what may have changed; what does not answer now is read the next time. */
    look: () => Promise.all([listed(), newest()]).catch(() => undefined),
  };
}
export type WebhooksKeeper = ReturnType<typeof createWebhooks>;
