import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';
import { openPostOffice, type PostOffice } from './notifytest.ts';

let office: PostOffice;

beforeEach(async () => {
  office = await openPostOffice();
});
afterEach(() => office[Symbol.asyncDispose]());

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 20 });

const arrived = (path: string) => office.receiver.requests.filter((request) => request.path === path);
const photosRead = async (count: number) => {
  const sql = 'select photos from notify_cursors where event_id = $1';
  const [row] = await office.event.database.query<{ photos: number }>(sql, [office.event.eventId]);
  expect(row?.photos).toBe(count);
};

test('guests who ask are told of new photos in their language, and not again before ten minutes are over', async () => {
  const { event } = office;
  const [english, indonesian] = [await office.subscribe('/en'), await office.subscribe('/id', { language: 'id' })];
  for (let n = 0; n < 3; n++) await event.addPhoto();
  await using _notify = await startTarget(main, office.env);
  await until(() => expect([arrived('/en').length, arrived('/id').length]).toEqual([1, 1]));
  const [first] = arrived('/en');
  expect(first?.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '14400' });
  expect(first?.headers.authorization).toMatch(/^vapid t=[\w.-]+, k=[\w-]{87}$/);
  const news = { event_id: event.eventId, kind: 'new_photos', title: 'Ayu & Bram', path: `/e/${event.eventId}` };
  expect(english.read(first?.body ?? Buffer.of())).toMatchObject({ ...news, count: 3, body: '3 new photos' });
  expect(indonesian.read(arrived('/id')[0]?.body ?? Buffer.of())).toMatchObject({ body: '3 foto baru' });
  await event.addPhoto();
  await event.addPhoto();
  await until(() => photosRead(5));
  await event.database.query(`update push_subscriptions set next_at = now() where endpoint like '%/en'`);
  await until(() => expect(arrived('/en')).toHaveLength(2));
  expect(english.read(arrived('/en')[1]?.body ?? Buffer.of())).toMatchObject({ count: 2 });
  expect(arrived('/id')).toHaveLength(1);
});

test('a browser that is gone is forgotten, and who sleeps or was sent away hears nothing', async () => {
  const { event } = office;
  const midnight = { from: '00:00', to: '23:59' };
  await office.subscribe('/gone');
  await office.subscribe('/asleep', { quiet: midnight });
  await office.subscribe('/awake');
  office.receiver.answer = ({ path }) => (path === '/gone' ? 410 : 201);
  await event.addPhoto();
  const first = await startTarget(main, office.env);
  await until(() => expect([arrived('/gone').length, arrived('/awake').length]).toEqual([1, 1]));
  const endpoints = async () => {
    const sql = `select endpoint from push_subscriptions order by endpoint`;
    return (await event.database.query<{ endpoint: string }>(sql)).map(({ endpoint }) => new URL(endpoint).pathname);
  };
  await until(async () => expect(await endpoints()).toEqual(['/asleep', '/awake']));
  await first.stop();
  await event.database.query(`update push_subscriptions set next_at = now() where endpoint like '%/awake'`);
  const [link] = await event.links.list(event.eventId);
  await event.links.revoke(event.eventId, link?.link_id ?? '');
  await event.addPhoto();
  await using _second = await startTarget(main, office.env);
  await until(() => photosRead(2));
  await until(async () => expect((await office.notifications()).filter(({ state }) => state === 'due')).toEqual([]));
  expect([arrived('/asleep').length, arrived('/awake').length]).toEqual([0, 1]);
});
