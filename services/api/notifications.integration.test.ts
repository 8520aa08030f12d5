import { NotificationPage, WebhookSecret } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { mailTokensOf } from '#internal/notifications/mailtoken.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { main } from './main.ts';

let event: TestEvent;
let api: TestTarget;
let origin = '';

beforeAll(async () => {
  event = await openTestEvent();
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  api = await startTarget(main, {
    ...{ DATABASE_URL: event.url, API_LISTEN: `127.0.0.1:${port}`, KILAT_SECRET: testSecret },
    NATS_URL: `nats://127.0.0.1:${await freePort()}`,
  });
});
afterAll(async () => {
  await api.stop();
  await event[Symbol.asyncDispose]();
});

async function ask(path: string, init: { method?: string; json?: object } = {}) {
  const headers = { cookie: event.cookies.owner, 'content-type': 'application/json' };
  const body = init.json === undefined ? null : JSON.stringify(init.json);
  const answer = await fetch(`${origin}${path}`, {
    method: init.method ?? 'GET',
    headers: body === null ? { cookie: headers.cookie } : headers,
    body,
  });
  return {
    status: answer.status,
    json: answer.status === 204 || answer.status === 202 ? undefined : await answer.json(),
  };
}

const url = '/api/notifications/preferences';
const wanted = {
  email: 'owner@example.org',
  language: 'id',
  zone: 'Asia/Jakarta',
  quiet: { from: '22:00', to: '07:00' },
};

test('an address is to be confirmed, again when it is another one, and one click in a mail program ends a kind', async () => {
  const put = (json: object) => ask(url, { method: 'PUT', json });
  expect((await ask(url)).json).toMatchObject({ email: null, confirmed: false });
  expect((await put(wanted)).json).toMatchObject({ ...wanted, confirmed: false, digest_at: '08:00', muted: [] });
  const [row] = await event.database.query<{ id: string }>('select recipient_id as id from recipients');
  const [tokens, recipientId] = [mailTokensOf(testSecret), row?.id ?? ''];
  const confirm = tokens.sign({ purpose: 'confirm', recipientId, about: tokens.markOf(wanted.email) });
  // As a mail program does: no cookie, no origin, a form.
  const click = (name: string, token: string) =>
    fetch(`${origin}/api/notifications/${name}?token=${token}`, {
      ...{ method: 'POST', body: 'List-Unsubscribe=One-Click' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  expect((await click('confirm', confirm)).status).toBe(200);
  const unsubscribe = tokens.sign({ purpose: 'unsubscribe', recipientId, about: 'daily_digest' });
  const looked = await fetch(`${origin}/api/notifications/unsubscribe?token=${unsubscribe}`);
  expect(await looked.text()).toContain('<form method="post">');
  expect((await ask(url)).json).toMatchObject({ confirmed: true, muted: [] });
  const clicks = [await click('unsubscribe', unsubscribe), await click('unsubscribe', unsubscribe)];
  expect(clicks.map(({ status }) => status)).toEqual([200, 200]);
  expect((await ask(url)).json).toMatchObject({ muted: ['daily_digest'] });
  expect((await put({ ...wanted, email: 'other@example.org' })).json).toMatchObject({ confirmed: false });
  expect((await click('confirm', confirm)).status).toBe(404);
});

test.each([
  { name: 'an address that is none', change: { email: 'nobody' } },
  { name: 'a zone that is none', change: { zone: 'Mars/Olympus' } },
  { name: 'an hour that is none', change: { quiet: { from: '25:00', to: '07:00' } } },
  { name: 'a kind that is none', change: { muted: ['everything'] } },
])('$name is refused', async ({ change }) => {
  expect(await ask(url, { method: 'PUT', json: { ...wanted, ...change } })).toMatchObject({ status: 400 });
});

test('a webhook tells its secret when it is made and never again, and its log holds neither address nor content', async () => {
  const base = `/api/events/${event.eventId}`;
  const hook = { url: 'https://hooks.example.org/kilat?key=inner', types: ['photo.stored', 'photo.stored'] };
  const made = await ask(`${base}/webhooks`, { method: 'POST', json: hook });
  expect(made).toMatchObject({ status: 201, json: { webhook: { types: ['photo.stored'], state: 'active' } } });
  const { secret, webhook } = WebhookSecret.parse(made.json);
  expect(secret).toMatch(/^whsec_/);
  const listed = await ask(`${base}/webhooks`);
  expect(JSON.stringify(listed.json)).not.toContain('whsec_');
  const rotated = await ask(`${base}/webhooks/${webhook.webhook_id}/secret`, { method: 'POST' });
  expect(WebhookSecret.parse(rotated.json).secret).not.toBe(secret);
  const narrowed = await ask(`${base}/webhooks/${webhook.webhook_id}`, {
    ...{ method: 'PATCH', json: { types: ['photo.failed', 'job.completed', 'photo.failed'] } },
  });
  expect(narrowed).toMatchObject({ status: 200, json: { types: ['photo.failed', 'job.completed'] } });
  expect(await ask(`${base}/webhooks/${webhook.webhook_id}`, { method: 'PATCH', json: { types: [] } })).toMatchObject({
    status: 400,
  });
  for (let n = 0; n < 3; n++) await ask(`${base}/webhooks/${webhook.webhook_id}/trial`, { method: 'POST' });
  const page = (more: string) => ask(`${base}/notifications?webhook_id=${webhook.webhook_id}&limit=2${more}`);
  const first = NotificationPage.parse((await page('')).json);
  const second = NotificationPage.parse((await page(`&after=${first.next}`)).json);
  const ids = [...first.notifications, ...second.notifications].map((one) => one.notification_id);
  expect(new Set(ids).size).toBe(3);
  expect(second.next).toBeNull();
  expect(JSON.stringify([first, second])).not.toMatch(/hooks\.example|"content"/);
  expect(await ask(`${base}/notifications/${ids[0]}/replay`, { method: 'POST' })).toMatchObject({ status: 404 });
  expect(await ask(`${base}/webhooks/${webhook.webhook_id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
  expect(await ask(`${base}/webhooks/${webhook.webhook_id}`, { method: 'DELETE' })).toMatchObject({ status: 404 });
});
