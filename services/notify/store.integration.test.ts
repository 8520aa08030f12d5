import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { type OwedDepth, readOwed } from '#internal/notifications/depth.ts';
import { insertNotifications } from '#internal/notifications/rows.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { owedStore } from './store.ts';

let event: TestEvent;
beforeAll(async () => {
  event = await openTestEvent();
});
beforeEach(() => event.database.query('delete from notifications'));
afterAll(() => event[Symbol.asyncDispose]());

async function owe(channel: OwedDepth['channel'], targetId = uuidv7(), secondsAgo = 1_200): Promise<void> {
  const dueAt = new Date(Date.now() - secondsAgo * 1_000);
  const rows = [
    { id: uuidv7(), eventId: event.eventId, kind: 'photo.stored', channel, targetId, content: '{}', dueAt },
  ];
  await insertNotifications(event.database, rows);
}

async function waits(channel: OwedDepth['channel']) {
  return (await readOwed(event.database)).find((one) => one.channel === channel);
}

async function take(channel: OwedDepth['channel']) {
  const owed = await owedStore(event.database).claim([channel], 60);
  if (owed === undefined) throw new Error('nothing is due');
  return owed;
}

async function addHook(): Promise<string> {
  const hook = { url: 'https://example.org/hook', types: ['photo.stored' as const] };
  return (await webhookStore(event.database, testSecret).create(event.eventId, hook)).webhook.webhook_id;
}

test('a mail that a server which is down did not take grows older with each try', async () => {
  await owe('email');
  const inHand = await take('email');
  expect(await waits('email')).toMatchObject({ due: 1, oldestSeconds: expect.closeTo(1_200, -2) });
  await owedStore(event.database).release(inHand, 30_000);
  expect(await waits('email')).toMatchObject({ due: 1, oldestSeconds: expect.closeTo(1_200, -2) });
});

test('a mail that its reader put off is of no age until its next try is due', async () => {
  await owe('email');
  const later = { state: 'due', inMs: 60_000, class: 'server', error: 'The mailbox is full.' } as const;
  await owedStore(event.database).settle(await take('email'), later);
  expect(await waits('email')).toMatchObject({ due: 0, oldestSeconds: 0 });
});

test('what is owed to a receiver that fails does not count, what is owed to others does', async () => {
  const [failing, well] = [await addHook(), await addHook()];
  const store = owedStore(event.database);
  await owe('webhook', failing, 7_200);
  await owe('webhook', failing, 7_100);
  await store.judge(await take('webhook'), { state: 'later', class: 'network', error: 'It did not answer.' });
  expect(await waits('webhook')).toMatchObject({ due: 0, oldestSeconds: 0 });
  await owe('webhook', well);
  expect(await waits('webhook')).toMatchObject({ due: 1, oldestSeconds: expect.closeTo(1_200, -2) });
});
