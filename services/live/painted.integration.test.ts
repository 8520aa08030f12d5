import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Actor, openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { watch } from './livetest.ts';
import { main } from './main.ts';

let event: TestEvent;
let live: TestTarget;
let origin: string;
beforeAll(async () => {
  event = await openTestEvent();
  const port = await freePort();
  live = await startTarget(main, {
    DATABASE_URL: event.url,
    NATS_URL: `nats://127.0.0.1:${await freePort()}`, // nobody listens there: live serves without the bus
    KILAT_SECRET: testSecret,
    LIVE_LISTEN: `127.0.0.1:${port}`,
    LIVE_GRACE_SECONDS: '0',
  });
  origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await live.stop();
  await event[Symbol.asyncDispose]();
});

async function photoFrom(secondsAgo: number): Promise<string> {
  const photoId = await event.addPhoto();
  await event.database.query(
    `update photos set first_byte_at = now() - make_interval(secs => $3) where event_id = $1 and photo_id = $2`,
    [event.eventId, photoId, secondsAgo],
  );
  return photoId;
}

/** Makes a photo that came and was rendered so many seconds ago. */
async function renderedPhoto(firstByteAgo: number, renderedAgo: number): Promise<string> {
  const photoId = await photoFrom(firstByteAgo);
  await event.database.query(
    `update photos set thumbnails_ready_at = now() - make_interval(secs => $3) where event_id = $1 and photo_id = $2`,
    [event.eventId, photoId, renderedAgo],
  );
  return photoId;
}

async function tell(photos: unknown[], headers: Record<string, string> = {}, who: Actor = 'guest'): Promise<number> {
  const answer = await fetch(`${origin}/live/events/${event.eventId}/painted`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: event.cookies[who], ...headers },
    body: JSON.stringify({ photos }),
  });
  return answer.status;
}

const shown = (photo_id: string, took_ms = 200, ago_ms = 1_000) => ({ photo_id, took_ms, ago_ms });

async function figures(): Promise<{ count: number; sum: number; painted: number; within: number }> {
  const text = await live.metrics.metrics();
  const of = (name: string) => Number(new RegExp(`^kilat_live_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    count: of('glass_to_guest_seconds_count'),
    sum: of('glass_to_guest_seconds_sum'),
    painted: of('painted_seconds_sum'),
    within: of('glass_to_guest_seconds_bucket\\{le="600"\\}'),
  };
}

test('how long a photo took to a screen is counted from its first byte, by our clocks', async () => {
  const before = await figures();
  expect(await tell([shown(await photoFrom(5), 200, 1_000)])).toBe(204);
  const after = await figures();
  expect([after.count - before.count, after.painted - before.painted]).toEqual([1, expect.closeTo(0.2)]);
  expect(after.sum - before.sum).toBeGreaterThanOrEqual(4);
});

test('a photo that came after a long stall to a page that was open counts, beyond all buckets', async () => {
  const before = await figures();
  const photoId = await renderedPhoto(905, 3);
  expect(await tell([{ ...shown(photoId), watched_ms: 1_800_000 }])).toBe(204);
  const after = await figures();
  expect([after.count - before.count, after.within - before.within]).toEqual([1, 0]);
  expect(after.sum - before.sum).toBeGreaterThan(900);
});

const uncounted: { name: string; photo: () => Promise<string>; watched_ms?: number }[] = [
  {
    name: 'a photo of long ago, of which a page does not say since when it is looked at,',
    photo: () => photoFrom(700),
  },
  {
    name: 'a photo that was rendered before its page was opened',
    photo: () => renderedPhoto(905, 60),
    watched_ms: 5_000,
  },
  { name: 'a photo of yesterday', photo: () => renderedPhoto(86_400, 3), watched_ms: 100_000_000 },
  { name: 'a photo that is not of the event', photo: async () => uuidv7() },
  { name: 'a photo whose first byte nobody noted', photo: () => event.addPhoto() },
];
test.each(uncounted)('$name does not count', async ({ photo, watched_ms }) => {
  const before = await figures();
  expect(await tell([{ ...shown(await photo()), ...(watched_ms !== undefined && { watched_ms }) }])).toBe(204);
  expect(await figures()).toEqual(before);
});

test('a photo counts once of each session, however often it is told of', async () => {
  const [before, photoId] = [await figures(), await photoFrom(5)];
  await tell([shown(photoId), shown(photoId)]);
  await tell([shown(photoId)]);
  expect((await figures()).count - before.count).toBe(1);
  await tell([shown(photoId)], {}, 'photographer');
  expect((await figures()).count - before.count).toBe(2);
});

const refused: { name: string; photos: unknown[]; headers?: Record<string, string>; status: number }[] = [
  { name: 'no photos', photos: [], status: 400 },
  { name: 'more than 50 photos', photos: Array.from({ length: 51 }, () => shown(uuidv7())), status: 400 },
  { name: 'a time before time', photos: [shown(uuidv7(), -1)], status: 400 },
  { name: 'a time beyond all patience', photos: [shown(uuidv7(), 600_001)], status: 400 },
  { name: 'words', photos: [{ ...shown(uuidv7()), photo_id: 'Ayu' }], status: 400 },
  { name: "another site's page", photos: [shown(uuidv7())], headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
];
test.each(refused)('a report of $name is refused', async ({ photos, headers, status }) => {
  expect(await tell(photos, headers)).toBe(status);
});

test('who tells too often is not listened to, and others are', async () => {
  const photoId = await photoFrom(5);
  const statuses = new Set(await Promise.all(Array.from({ length: 70 }, () => tell([shown(photoId)], {}, 'owner'))));
  expect(statuses).toEqual(new Set([204, 429]));
  expect(await tell([shown(photoId)], {}, 'photographer')).toBe(204);
});

test('the owner sees how many follow and what was sent to them; the page is asked for its reports', async () => {
  const stats = async () =>
    (await fetch(`${origin}/live/stats`, { headers: { cookie: event.cookies.owner } })).json() as Promise<
      Record<string, number>
    >;
  const before = await stats();
  expect(before).toMatchObject({ streams: 0, events: 0 });
  const url = `${origin}/live/events/${event.eventId}`;
  const guest = watch(url, event.cookies.guest, '00000000-0000-4000-8000-000000000000.3');
  await vi.waitFor(() => expect(guest.hellos).toHaveLength(1));
  expect(guest.hellos[0]?.painted).toBe(1);
  await event.addPhoto();
  await vi.waitFor(() => expect(guest.frames.length).toBeGreaterThan(0));
  const after = await stats();
  expect(after).toMatchObject({ streams: 1, events: 1 });
  expect([(after.opened ?? 0) - (before.opened ?? 0), (after.resyncs ?? 0) - (before.resyncs ?? 0)]).toEqual([1, 1]);
  expect(after.deliveries).toBeGreaterThan(before.deliveries ?? 0);
  await guest.stop();
});

test('a session is listened to about so many photos a minute', async () => {
  const photos = Array.from({ length: 49 }, () => shown(uuidv7()));
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push(await tell(photos, {}, 'photographer'));
  expect(statuses).toEqual([204, 204, 204, 204, 429]);
});
