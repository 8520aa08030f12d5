import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowancesOf, announceLimits } from '../admission/allowance.ts';
import { admissionSettings } from '../admission/settings.ts';
import type { Uploader } from '../auth/uploader.ts';
import { openDatabase } from '../database/database.ts';
import { readSettings } from '../env/env.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import type { EndState } from '../uploads/store.ts';
import { uploadStore } from '../uploads/store.ts';
import { release } from './quotas.ts';
import { quotaStore } from './view.ts';

const unlimited = { photos: null, bytes: null };
let event: TestEvent;
let foreign: TestEvent['foreignEventId'];

beforeAll(async () => {
  event = await openTestEvent();
  foreign = event.foreignEventId;
});
afterAll(() => event[Symbol.asyncDispose]());

const uploadsWith = (env: Record<string, string> = {}) =>
  uploadStore(event.database, announceLimits(allowancesOf(readSettings(admissionSettings, env))));
const somebody = (role: Uploader['role'] = 'photographer'): Uploader => ({
  uploaderId: uuidv7(),
  accountId: null,
  name: null,
  role,
});
const used = async (eventId: string) => (await quotaStore(event.database).read(eventId)).used;

async function upload(uploader: Uploader, eventId: string, length = 1_000, uploads = uploadsWith()): Promise<string> {
  const photoId = uuidv7();
  const metadata = { event_id: eventId, filename: 'DSC_0001.JPG' };
  await uploads.announce({ eventId, uploader, way: 'tus', photos: [{ photoId, length, metadata }] });
  return photoId;
}

async function end(eventId: string, photoId: string, state: EndState): Promise<boolean> {
  const found = await uploadsWith().find(eventId, photoId);
  if (found === undefined) throw new Error('no such upload');
  return uploadsWith().settle(found, state, 'upload_ended');
}

// As the finish step has it, which keeps the reservation.
async function store(eventId: string, photoId: string): Promise<void> {
  await event.database.query(`update uploads set state = 'finished' where event_id = $1 and photo_id = $2`, [
    eventId,
    photoId,
  ]);
}

test('concurrent announcements never go beyond a limit', async () => {
  await quotaStore(event.database).change(foreign, { day: unlimited, total: { photos: 7, bytes: null } });
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => upload(somebody(), foreign)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
  const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toEqual(
    refused.map(() => expect.objectContaining({ kind: 'forbidden', code: 'quota_exceeded', retryAfter: undefined })),
  );
  expect((await used(foreign)).total).toEqual({ photos: 7, bytes: 7_000 });
  await quotaStore(event.database).change(foreign, { day: unlimited, total: unlimited });
});

test('a limit of bytes a day names the seconds until midnight, UTC', async () => {
  const { day } = await used(foreign);
  await quotaStore(event.database).change(foreign, {
    day: { photos: null, bytes: day.bytes + 1_500 },
    total: unlimited,
  });
  await upload(somebody(), foreign);
  const refusal = await upload(somebody(), foreign).catch((err) => err);
  expect(refusal).toMatchObject({ kind: 'exhausted', code: 'quota_exceeded' });
  expect(refusal.retryAfter).toBeGreaterThan(0);
  expect(refusal.retryAfter).toBeLessThanOrEqual(86_400);
  await quotaStore(event.database).change(foreign, { day: unlimited, total: unlimited });
});

const ends: EndState[] = ['refused', 'gone', 'ended', 'expired'];
test.each(ends)('an upload that is %s gives its reservation back, once', async (state) => {
  const [who, before] = [somebody(), await used(event.eventId)];
  const photoId = await upload(who, event.eventId, 5_000);
  expect((await used(event.eventId)).total.bytes).toBe(before.total.bytes + 5_000);
  const tries = await Promise.all(Array.from({ length: 4 }, () => end(event.eventId, photoId, state)));
  expect(tries.filter((ended) => ended)).toHaveLength(1);
  expect(await used(event.eventId)).toEqual(before);
  expect(await used(who.uploaderId)).toEqual({ day: { photos: 0, bytes: 0 }, total: { photos: 0, bytes: 0 } });
});

test("a guest's quota in all comes back from unfinished uploads, never from stored photos", async () => {
  const [guest, uploads] = [somebody('guest'), uploadsWith({ QUOTA_PHOTOS_GUEST: '2' })];
  const first = await upload(guest, event.eventId, 1_000, uploads);
  await store(event.eventId, first);
  const second = await upload(guest, event.eventId, 1_000, uploads);
  await expect(upload(guest, event.eventId, 1_000, uploads)).rejects.toMatchObject({ code: 'quota_exceeded' });
  await end(event.eventId, second, 'expired');
  await store(event.eventId, await upload(guest, event.eventId, 1_000, uploads));
  // Neither ending a stored upload nor deleting its photo makes room.
  expect(await end(event.eventId, first, 'ended')).toBe(false);
  await event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [first]);
  await expect(upload(guest, event.eventId, 1_000, uploads)).rejects.toMatchObject({ code: 'quota_exceeded' });
});

test('what was reserved on one day is given back to that day', async () => {
  const [who, before] = [somebody(), await used(event.eventId)];
  const photoId = await upload(who, event.eventId, 3_000);
  const move = `set day = day - 1 where subject_id = $1 and day = (now() at time zone 'utc')::date`;
  await event.database.query(`update quota_usage ${move}`, [who.uploaderId]);
  await event.database.query(`update uploads set reserved_on = reserved_on - 1 where photo_id = $1`, [photoId]);
  await end(event.eventId, photoId, 'expired');
  const rows = await event.database.query(`select photos, bytes from quota_usage where subject_id = $1`, [
    who.uploaderId,
  ]);
  expect(rows).toEqual([
    { photos: 0, bytes: 0 },
    { photos: 0, bytes: 0 },
  ]);
  expect((await used(event.eventId)).total).toEqual(before.total);
});

test("an account's quota counts over its events, an event's over its uploaders", async () => {
  const [who, uploads] = [somebody(), uploadsWith({ QUOTA_PHOTOS_TEAM: '2' })];
  await upload(who, event.eventId, 1_000, uploads);
  await upload(who, foreign, 1_000, uploads);
  await expect(upload(who, event.eventId, 1_000, uploads)).rejects.toMatchObject({ code: 'quota_exceeded' });
  await expect(upload(somebody(), event.eventId, 1_000, uploads)).resolves.toBeDefined();
});

test('an owner of the install has no limit but the events’ own', async () => {
  const [owner, uploads] = [somebody('owner'), uploadsWith({ QUOTA_PHOTOS_TEAM: '0', QUOTA_PHOTOS_GUEST: '0' })];
  await expect(upload(owner, event.eventId, 1_000, uploads)).resolves.toBeDefined();
  await expect(upload(somebody(), event.eventId, 1_000, uploads)).rejects.toMatchObject({ code: 'quota_exceeded' });
});

test('twenty announcements and releases over the same subjects never wait for each other in a circle', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  await using database = await openDatabase({ url: event.url, poolSize: 20, log });
  const uploads = uploadStore(database, announceLimits(allowancesOf(readSettings(admissionSettings, {}))));
  const team = Array.from({ length: 3 }, () => somebody());
  const eventIds = [event.eventId, foreign];
  const before = await Promise.all(eventIds.map(used));
  await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const [who = somebody(), eventId = ''] = [team[n % 3], eventIds[n % 2]];
      const found = await uploads.find(eventId, await upload(who, eventId, 1_000, uploads));
      if (found !== undefined) await uploads.settle(found, 'ended', 'upload_ended');
    }),
  );
  expect(await Promise.all(eventIds.map(used))).toEqual(before);
  // A deadlock would have been cured by another try, and told.
  expect(lines.filter((line) => line.includes('tried again'))).toEqual([]);
});

test('a release of what was never reserved changes nothing', async () => {
  const before = await used(event.eventId);
  await event.database.transaction((tx) =>
    release(tx, { eventId: event.eventId, uploaderId: null, photoId: uuidv7(), length: 9_000 }),
  );
  expect(await used(event.eventId)).toEqual(before);
});
