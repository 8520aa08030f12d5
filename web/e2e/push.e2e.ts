import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInstallation, type TestInstallation } from '../../deploy/local/testing.ts';
import { signIn, startBrowser, violations, visit, type WatchedPage } from './browser.ts';

let installation: TestInstallation;
let browser: Browser;
let guestLink: string;
beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), startBrowser()]);
  const { page } = await visit(browser);
  await signIn(page, installation.signInLink);
  await page.fill('input[name=title]', 'Ayu & Bram');
  await page.click('button:has-text("Create event")');
  await page.waitForURL('**/studio/events/**');
  guestLink = await page.inputValue('input.url');
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

const tell = (page: Page) => page.locator('button:has-text("Tell me of new photos")');
const said = (page: Page) => page.locator('.tell [role=status]');

async function open(prepare: (guest: WatchedPage) => Promise<void>, locale = 'en'): Promise<WatchedPage> {
  const guest = await visit(browser, { viewport: { width: 360, height: 740 }, locale });
  await prepare(guest);
  await guest.page.goto(guestLink);
  await guest.page.waitForSelector('header h1');
  return guest;
}

const allow = ({ page }: WatchedPage) => page.context().grantPermissions(['notifications']);

// No push service answers here; what it would give is all that is made up.
async function allowAndServe(guest: WatchedPage): Promise<void> {
  await allow(guest);
  await guest.page.addInitScript(() => {
    const keys = { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) };
    const json = { endpoint: 'https://push.example.org/one', keys };
    let current: object | null = null;
    const made = {
      endpoint: json.endpoint,
      options: {},
      toJSON: () => json,
      unsubscribe: async () => (current = null),
    };
    Object.assign(PushManager.prototype, {
      subscribe: async () => (current = made),
      getSubscription: async () => current,
    });
  });
}

/** Delivers a message to the page's worker, as a push service has the browser do. */
async function push(page: Page, news: object): Promise<void> {
  const browserOf = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    browserOf.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first !== undefined) resolve(first.registrationId);
    });
  });
  await browserOf.send('ServiceWorker.enable');
  const registrationId = await registered;
  const { origin } = installation;
  await browserOf.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(news) });
  await browserOf.detach();
}

const shown = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return (await registration.getNotifications()).map(({ title, body }) => `${title}: ${body}`);
  });

interface WorkerScope extends EventTarget {
  clients: { openWindow(url: string): Promise<null> };
  registration: ServiceWorkerRegistration;
  NotificationEvent: new (type: string, init: { notification?: Notification | undefined }) => Event;
}

/** Clicks the notification that is shown and gives the addresses that were opened; only a hand may really open a window. */
async function click(page: Page): Promise<string[] | undefined> {
  const [worker] = page.context().serviceWorkers();
  return worker?.evaluate(async () => {
    const scope = self as unknown as WorkerScope;
    const opened: string[] = [];
    const [notification] = await scope.registration.getNotifications();
    return new Promise<string[]>((resolve) => {
      scope.clients.openWindow = async (url) => {
        opened.push(url);
        resolve(opened);
        return null;
      };
      const event = new scope.NotificationEvent('notificationclick', { notification });
      scope.dispatchEvent(Object.assign(event, { waitUntil: () => {} }));
    });
  });
}

test.each([
  { name: 'a browser without push', lack: 'PushManager' },
  { name: 'a page over plain http', lack: 'isSecureContext' },
])('$name has no button', async ({ lack }) => {
  const { page } = await open(async (guest) => {
    await guest.page.addInitScript((name) => {
      if (name === 'PushManager') Reflect.deleteProperty(window, name);
      else Object.defineProperty(window, name, { value: false });
    }, lack);
  });
  await page.waitForSelector('text=Live');
  expect(await tell(page).count()).toBe(0);
  await page.context().close();
});

test('who blocks notifications is told how to allow them, and nobody is asked before the click', async () => {
  const { page } = await open(async (guest) => {
    await guest.page.addInitScript(() => {
      const asked = { count: 0 };
      Object.assign(window, { asked });
      Notification.requestPermission = async () => {
        asked.count++;
        return 'denied';
      };
      Object.defineProperty(Notification, 'permission', { get: () => (asked.count > 0 ? 'denied' : 'default') });
    });
  });
  const asked = () => page.evaluate(() => (window as unknown as { asked: { count: number } }).asked.count);
  await tell(page).waitFor();
  expect(await asked()).toBe(0);
  await tell(page).click();
  await expect.poll(() => said(page).textContent()).toContain('Your browser blocks notifications of this site.');
  expect([await asked(), await tell(page).getAttribute('aria-pressed')]).toEqual([1, 'false']);
  await page.context().close();
});

test('a browser that reaches no push service says so', async () => {
  const { page } = await open(allow);
  await tell(page).click();
  await expect.poll(() => said(page).textContent()).toContain('could not reach its push service');
  expect(await tell(page).getAttribute('aria-pressed')).toBe('false');
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('a guest who asks is told, a click opens the gallery, and the guest ends it again', async () => {
  const { page, complaints } = await open(allowAndServe);
  const eventId = page.url().split('/').at(-1) ?? '';
  const kept: string[] = [];
  page.on('response', (answer) => {
    if (answer.url().endsWith('/push')) kept.push(`${answer.request().method()} ${answer.status()}`);
  });
  await tell(page).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => said(page).textContent()).toContain('at most once in ten minutes');
  expect([await tell(page).getAttribute('aria-pressed'), kept]).toEqual(['true', ['PUT 204']]);

  const news = { event_id: eventId, kind: 'new_photos', count: 3, title: 'Ayu & Bram', body: '3 new photos' };
  await push(page, { ...news, notification_id: eventId, path: `/e/${eventId}` });
  await expect.poll(() => shown(page)).toEqual(['Ayu & Bram: 3 new photos']);
  await push(page, { ...news, notification_id: eventId, path: `/e/${eventId}`, count: 5, body: '5 new photos' });
  await expect.poll(() => shown(page)).toEqual(['Ayu & Bram: 5 new photos']);
  await page.goto('about:blank');
  expect(await click(page)).toEqual([`${installation.origin}/e/${eventId}`]);

  await page.goto(guestLink);
  await expect.poll(() => tell(page).getAttribute('aria-pressed')).toBe('true');
  await tell(page).click();
  await expect.poll(() => tell(page).getAttribute('aria-pressed')).toBe('false');
  expect([kept.at(-1), complaints]).toEqual(['DELETE 204', []]);
  await page.context().close();
});
