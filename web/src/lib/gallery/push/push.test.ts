import { beforeEach, expect, test, vi } from 'vitest';
import type { PushBrowser } from './browser.ts';
import { createPush } from './push.svelte.ts';
import { rememberedBy } from './remembered.ts';

const eventId = '0192b0e2-0000-7000-8000-000000000001';
const other = '0192b0e2-0000-7000-8000-000000000002';
const subscription = { endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' } };

let calls: string[] = [];
let status = 204;
beforeEach(() => {
  [calls, status] = [[], 204];
  vi.stubGlobal('fetch', async (path: string, { method }: RequestInit) => {
    calls.push(`${method} ${path}`);
    if (path === '/api/push/key') return Response.json({ key: 'key' });
    const problem = { type: 'x', title: 'x', status, code: 'link_expired', detail: 'This link has expired.' };
    return status === 204 ? new Response(null, { status }) : Response.json(problem, { status });
  });
});

function open({ answer = 'granted', served = true, following = [] as string[] } = {}) {
  const kept = new Map<string, string>([['kilat.push', following.join(' ')]]);
  const remembered = rememberedBy({
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
  });
  const browser = {
    permission: vi.fn(() => answer as NotificationPermission),
    ask: vi.fn(async () => answer as NotificationPermission),
    subscribe: vi.fn(() => (served ? Promise.resolve(subscription) : Promise.reject(new Error('no service')))),
    unsubscribe: vi.fn(async () => {}),
    endpoint: vi.fn(async () => subscription.endpoint),
  } satisfies PushBrowser;
  return { browser, remembered, push: createPush(eventId, browser, remembered) };
}

test('asks nobody before the click, then subscribes, tells the event, and remembers it', async () => {
  const { browser, push, remembered } = open();
  await push.resume();
  expect([push.on, browser.ask.mock.calls.length, calls]).toEqual([false, 0, []]);
  await push.toggle();
  expect(calls).toEqual(['GET /api/push/key', `PUT /api/events/${eventId}/push`]);
  expect([push.on, remembered.has(eventId), push.obstacle, push.failure]).toEqual([true, true, undefined, undefined]);
});

const stays = [
  { name: 'who blocks notifications', options: { answer: 'denied' }, obstacle: 'blocked' },
  { name: 'who closes the question', options: { answer: 'default' }, obstacle: undefined },
  { name: 'whose browser reaches no push service', options: { served: false }, obstacle: 'unserved' },
];
test.each(stays)('$name is told nothing, and why', async ({ options, obstacle }) => {
  const { push, remembered } = open(options);
  await push.toggle();
  expect([push.on, push.busy, push.obstacle, remembered.has(eventId)]).toEqual([false, false, obstacle, false]);
  expect(calls.some((one) => one.startsWith('PUT'))).toBe(false);
});

test('a refusal is said in words, and the next try is free of it', async () => {
  const { push } = open();
  status = 403;
  await push.toggle();
  expect([push.on, push.failure]).toEqual([false, expect.stringContaining('link')]);
  status = 204;
  await push.toggle();
  expect([push.on, push.failure]).toEqual([true, undefined]);
});

test('ends for one event alone while another is followed, and the browser’s subscription with the last', async () => {
  const { browser, push, remembered } = open({ following: [eventId, other] });
  await push.toggle();
  expect(calls).toEqual([`DELETE /api/events/${eventId}/push`]);
  expect([push.on, remembered.has(other), browser.unsubscribe.mock.calls.length]).toEqual([false, true, 0]);
  const last = open({ following: [eventId] });
  await last.push.toggle();
  expect(last.browser.unsubscribe).toHaveBeenCalledOnce();
});

const visits = [
  { name: 'says so once more', options: {}, on: true, put: true },
  { name: 'is off when the person took the permission back', options: { answer: 'denied' }, on: false, put: false },
];
test.each(visits)('who follows and comes again $name', async ({ options, on, put }) => {
  const { push } = open({ ...options, following: [eventId] });
  await push.resume();
  expect([push.on, calls.some((one) => one.startsWith('PUT'))]).toEqual([on, put]);
});

test('who follows by a link that is over follows no more', async () => {
  const { push } = open({ following: [eventId] });
  status = 403;
  await push.resume();
  expect(push.on).toBe(false);
});
