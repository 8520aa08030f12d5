import {
  NotificationAnswer,
  NotificationPage,
  type NotificationTry,
  NotificationView,
  WebhookList,
  WebhookSecret,
  WebhookView,
} from '@kilat/contract';
import { createAttempt } from '#lib/api/attempt.svelte.ts';
import { call } from '#lib/api/client.ts';

/** Keeps an event's webhooks and the log of what was told; a secret is here once, when it was made. */
export function createWebhooks(eventId: string, initial: WebhookView[], first: NotificationPage) {
  const base = `/api/events/${eventId}`;
  let all = $state.raw(initial);
  let secret = $state.raw<{ webhookId: string; text: string }>();
  const attempt = createAttempt();
  const log = createLog(base, first);
  const listed = async () => {
    all = WebhookList.parse(await call('GET', `${base}/webhooks`)).webhooks;
  };
  // Tells whether it worked.
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    await attempt.run(work);
    return attempt.failure === undefined;
  };
  const keep = ({ webhook, secret: text }: WebhookSecret) => {
    secret = { webhookId: webhook.webhook_id, text };
  };
  return {
    get all(): readonly WebhookView[] {
      return all;
    },
    get log(): readonly NotificationView[] {
      return log.rows;
    },
    get more(): boolean {
      return log.more;
    },
    get busy(): boolean {
      return attempt.busy;
    },
    get failure(): string | undefined {
      return attempt.failure;
    },
    /** Gives a webhook's secret, where it was made on this page. */
    secretOf: (webhookId: string) => (secret?.webhookId === webhookId ? secret.text : undefined),
    add: (url: string, types: readonly string[]) =>
      run(async () => {
        keep(WebhookSecret.parse(await call('POST', `${base}/webhooks`, { url, types })));
        await listed();
      }),
    /** Changes what a webhook hears. */
    hear: (id: string, types: readonly string[]) =>
      run(async () => {
        const changed = WebhookView.parse(await call('PATCH', `${base}/webhooks/${id}`, { types }));
        all = all.map((one) => (one.webhook_id === id ? changed : one));
      }),
    rotate: (id: string) =>
      run(async () => keep(WebhookSecret.parse(await call('POST', `${base}/webhooks/${id}/secret`)))),
    attempt: (id: string) =>
      run(async () => {
        await call('POST', `${base}/webhooks/${id}/trial`);
        await log.look();
      }),
    remove: (id: string) =>
      run(async () => {
        await call('DELETE', `${base}/webhooks/${id}`);
        await listed();
      }),
    /** Gives the tries of a notification while they are shown. */
    triesOf: (id: string) => log.triesOf(id),
    /** Shows the tries of a notification, or hides them. */
    show: (id: string) => run(() => log.show(id)),
    replay: (id: string) => run(() => log.replay(id)),
    older: () => run(() => log.older()),
    /** Reads again what may have changed; what does not answer now is read the next time. */
    look: () => Promise.all([listed(), log.look()]).catch(() => undefined),
  };
}
export type WebhooksKeeper = ReturnType<typeof createWebhooks>;

function createLog(base: string, first: NotificationPage) {
  let rows = $state.raw(first.notifications);
  let next = $state.raw(first.next);
  let shown = $state.raw<{ id: string; tries: readonly NotificationTry[] }>();
  const put = (one: NotificationView) => {
    rows = rows.map((row) => (row.notification_id === one.notification_id ? one : row));
  };
  const read = async (id: string) => {
    const { tries, ...row } = NotificationAnswer.parse(await call('GET', `${base}/notifications/${id}`));
    put(row);
    return { id, tries };
  };
  return {
    get rows(): readonly NotificationView[] {
      return rows;
    },
    get more(): boolean {
      return next !== null;
    },
    triesOf: (id: string) => (shown?.id === id ? shown.tries : undefined),
    async show(id: string): Promise<void> {
      shown = shown?.id === id ? undefined : await read(id);
    },
    async replay(id: string): Promise<void> {
      put(NotificationView.parse(await call('POST', `${base}/notifications/${id}/replay`)));
    },
    async older(): Promise<void> {
      const page = NotificationPage.parse(await call('GET', `${base}/notifications?after=${next}`));
      [rows, next] = [[...rows, ...page.notifications], page.next];
    },
    async look(): Promise<void> {
      const page = NotificationPage.parse(await call('GET', `${base}/notifications`));
      const known = new Set(page.notifications.map((one) => one.notification_id));
      if (rows.every((one) => known.has(one.notification_id))) next = page.next;
      rows = [...page.notifications, ...rows.filter((one) => !known.has(one.notification_id))];
      if (shown === undefined) return;
      const again = await read(shown.id);
      // It may have been closed meanwhile.
      if (shown?.id === again.id) shown = again;
    },
  };
}
