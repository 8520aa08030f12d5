import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { notificationLog } from '#internal/notifications/log.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';
import { openPostOffice, type PostOffice } from './notifytest.ts';

let office: PostOffice;

beforeEach(async () => {
  office = await openPostOffice();
});
afterEach(() => office[Symbol.asyncDispose]());

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 20 });

function listen(types: string[]) {
  return office.webhooks.create(office.event.eventId, { url: office.receiver.url, types });
}

test('a receiver that fails is left alone for a while, then gets all that it is owed, and again what is replayed', async () => {
  const { event, receiver } = office;
  const { webhook } = await listen(['photo.stored']);
  receiver.answer = () => 500;
  await using _notify = await startTarget(main, office.env);
  for (let n = 0; n < 20; n++) await event.addPhoto();
  await until(() => expect(receiver.requests.length).toBeGreaterThan(0));
  const log = notificationLog(event.database);
  const read = () => log.page({ eventId: event.eventId, webhookId: webhook.webhook_id, limit: 50 });
  await until(async () => expect((await read()).notifications.some(({ status }) => status === 500)).toBe(true));
  // Concurrent first tries may have been under way; a paused receiver gets no others.
  expect(receiver.requests.length).toBeLessThan(12);
  receiver.answer = () => 204;
  await until(async () => {
    const { notifications } = await read();
    expect(notifications.filter(({ state }) => state === 'sent')).toHaveLength(20);
  });
  const [first] = receiver.requests;
  const { tries } = await log.read(event.eventId, first?.id ?? '');
  expect(tries).toMatchObject([
    { result: 'sent', status: 204, error: null },
    { result: 'later', status: 500, error: 'The receiver answered 500.' },
  ]);
  const replayed = await log.replay(event.eventId, first?.id ?? '');
  expect(replayed.state).toBe('due');
  await until(() =>
    expect(receiver.requests.filter(({ id, body }) => id === first?.id && body.equals(first.body))).toHaveLength(3),
  );
});

test('a receiver that is gone is told nothing more', async () => {
  const { event, receiver } = office;
  await listen(['photo.stored']);
  receiver.answer = () => 410;
  await using _notify = await startTarget(main, office.env);
  await event.addPhoto();
  await until(async () =>
    expect(await office.notifications()).toMatchObject([{ state: 'failed', error: 'The receiver is gone.' }]),
  );
  expect(await office.webhooks.list(event.eventId)).toMatchObject([{ state: 'gone' }]);
  await event.addPhoto();
  await until(async () => {
    const [cursor] = await event.database.query<{ photos: number }>(
      'select photos from notify_cursors where event_id = $1',
      [event.eventId],
    );
    expect(cursor?.photos).toBe(2);
  });
  expect(await office.notifications()).toHaveLength(1);
});

test('no webhook reaches into the machine, and none follows a redirect there', async () => {
  const { event, receiver } = office;
  await office.webhooks.create(event.eventId, {
    url: receiver.url.replace('http:', 'https:'),
    types: ['photo.stored'],
  });
  const guarded = await startTarget(main, { ...office.env, NOTIFY_TO_LOOPBACK: 'false' });
  await event.addPhoto();
  const blocked = { state: 'failed', error: 'The address is not one that may be reached.' };
  await until(async () => expect(await office.notifications()).toMatchObject([blocked]));
  await guarded.stop();
  await event.database.query('delete from webhooks');
  await listen(['photo.stored']);
  receiver.answer = () => 307;
  await using _notify = await startTarget(main, office.env);
  await event.addPhoto();
  await until(() => expect(receiver.requests.length).toBeGreaterThan(1));
  expect(receiver.requests.map(({ path }) => path)).not.toContain('/elsewhere');
});
