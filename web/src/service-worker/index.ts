import { pageOf, shownAs } from '#lib/gallery/push/shown.ts';

/*
 * Shows what is pushed to guests who asked for it, and opens the gallery on a click. It is registered by that wish alone,
 * and touches no request: what pages load is none of its business.
 */
declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', () => void self.skipWaiting());

self.addEventListener('push', (event) => {
  const { title, options } = shownAs(event.data?.text() ?? '');
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(pageOf(event.notification.data, self.location.origin)));
});

async function open(url: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const here = pages.find((page) => page.url.split('?')[0] === url);
  await (here === undefined ? self.clients.openWindow(url) : here.focus());
}
