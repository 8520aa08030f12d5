import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failPhoto } from '#internal/events/eventtest.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';
import { openPostOffice, type PostOffice } from './notifytest.ts';

let office: PostOffice;

beforeEach(async () => {
  office = await openPostOffice();
});
afterEach(() => office[Symbol.asyncDispose]());

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 20 });
const query = <Row extends object>(sql: string, params: unknown[] = []) =>
  office.event.database.query<Row>(sql, params);
const gathered = () =>
  query<{ kind: string; dueAt: Date }>('select kind, due_at as "dueAt" from gatherings order by kind');
const subjects = () => office.mailbox.mails.map(({ parsed }) => parsed.subject);

/** Gives the hour of a moment as clocks in Jakarta show it. */
const hourOf = (at: Date | undefined) => ((at?.getUTCHours() ?? 0) + 7) % 24;

test('a day makes one digest at the hour that its reader chose, with what came since the last one', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await query(`update recipients set zone = 'Asia/Jakarta', digest_at = '09:00', muted = '{failures_waiting}'`);
  await using _notify = await startTarget(main, office.env);
  for (let n = 0; n < 3; n++) await event.addPhoto();
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await until(async () => expect(await gathered()).toMatchObject([{ kind: 'daily_digest' }]));
  const [{ dueAt } = {}] = await gathered();
  expect([hourOf(dueAt), dueAt?.getUTCMinutes()]).toEqual([9, 0]);
  await until(async () => expect(await query('select 1 as one from notify_cursors where photos = 4')).toHaveLength(1));
  expect(subjects()).toEqual([]);
  await query('update gatherings set due_at = now()');
  await until(() => expect(subjects()).toEqual(['Ayu & Bram: 4 new photos']));
  expect(office.mailbox.mails[0]?.parsed.text).toContain('1 photo has failed and waits for you.');
  await event.addPhoto();
  await until(async () => expect(await gathered()).toHaveLength(1));
  await query('update gatherings set due_at = now()');
  await until(() => expect(subjects()).toEqual(['Ayu & Bram: 4 new photos', 'Ayu & Bram: 1 new photo']));
});

test('in quiet hours news waits and becomes one mail; what is over by then is not told', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await query(`update recipients set quiet_from = '00:00', quiet_to = '23:59', muted = '{daily_digest}'`);
  await using _notify = await startTarget(main, office.env);
  for (let n = 0; n < 3; n++) await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await event.events.change(event.eventId, { state: 'closed' });
  await event.events.change(event.eventId, { state: 'live' });
  await until(async () =>
    expect(await gathered()).toMatchObject([
      { kind: 'backlog' },
      { kind: 'failures_waiting' },
      { kind: 'gallery_ready' },
    ]),
  );
  for (const { dueAt } of await gathered()) expect(dueAt.toISOString()).toMatch(/T23:59/);
  expect(subjects()).toEqual([]);
  await query('update gatherings set due_at = now()');
  await until(async () => expect(await gathered()).toEqual([]));
  await until(() => expect(subjects()).toEqual(['Ayu & Bram: 3 photos have failed']));
});

test('news that comes soon after a mail of its kind rests until some time has passed', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await using _notify = await startTarget(main, { ...office.env, NOTIFY_REST_MINUTES: '30' });
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await until(() => expect(subjects()).toEqual(['Ayu & Bram: 1 photo has failed']));
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  const waiting = async () => (await gathered()).find(({ kind }) => kind === 'failures_waiting')?.dueAt.getTime() ?? 0;
  await until(async () => expect(await waiting()).toBeGreaterThan(Date.now() + 29 * 60_000));
});

test('a restored database tells nothing again, and goes on under its new epoch with new ids', async () => {
  const { event, receiver } = office;
  await office.webhooks.create(event.eventId, { url: receiver.url, types: ['photo.stored'] });
  await event.addPhoto();
  const before = await startTarget(main, office.env);
  await until(async () => expect(await office.notifications()).toMatchObject([{ state: 'sent' }]));
  await before.stop();
  await query('update installation set epoch = $1', [uuidv7()]);
  await using _after = await startTarget(main, office.env);
  await event.addPhoto();
  await until(() => expect(receiver.requests).toHaveLength(2));
  expect(new Set(receiver.requests.map(({ id }) => id)).size).toBe(2);
});
