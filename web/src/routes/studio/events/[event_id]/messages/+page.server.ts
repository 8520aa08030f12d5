import { NotificationPage, WebhookList } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads an event's webhooks and the log of what was told. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const read = (name: string) => callAs(event, 'GET', `/api/events/${event.params.event_id}/${name}`);
  const [webhooks, log] = await Promise.all([read('webhooks'), read('notifications')]).catch(asPageError);
  return { ...WebhookList.parse(webhooks.data), log: NotificationPage.parse(log.data) };
}
