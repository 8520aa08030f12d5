import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowancesOf, announceLimits } from '../admission/allowance.ts';
import { admissionSettings } from '../admission/settings.ts';
import type { Uploader } from '../auth/uploader.ts';
import { readSettings } from '../env/env.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { quotaStore } from '../quotas/view.ts';
import { type Announcement, announce } from './announce.ts';
import { type UploadStore, uploadStore } from './store.ts';

const limits = announceLimits(allowancesOf(readSettings(admissionSettings, {})));
let event: TestEvent;
let uploads: UploadStore;

beforeAll(async () => {
  event = await openTestEvent();
  uploads = uploadStore(event.database, limits);
});
afterAll(() => event[Symbol.asyncDispose]());

const somebody = (role: Uploader['role']): Uploader => ({ uploaderId: uuidv7(), accountId: null, name: null, role });

function announcement(uploader: Uploader, count: number, more: Partial<Announcement> = {}): Announcement {
  const photos = Array.from({ length: count }, (_, n) => ({
    photoId: uuidv7(),
    length: 1_000,
    metadata: { event_id: event.eventId, filename: `DSC_${n}.JPG` },
  }));
  return { eventId: event.eventId, uploader, way: 'tus', photos, ...more };
}

async function announced(uploader: Uploader, count: number): Promise<string[]> {
  const what = announcement(uploader, count);
  await uploads.announce(what);
  return what.photos.map(({ photoId }) => photoId);
}

const acquire = (photoId: string, writer?: Uploader) => uploads.acquire(event.eventId, photoId, uuidv7(), writer);
const tooMany = { kind: 'exhausted', code: 'too_many_uploads', retryAfter: expect.any(Number) };

test('of ten uploads that a guest begins to write at once, three run', async () => {
  const guest = somebody('guest');
  const ids = await announced(guest, 10);
  const tries = await Promise.allSettled(ids.map((id) => acquire(id, guest)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toEqual(refused.map(() => expect.objectContaining(tooMany)));
});

test('what only looks, or sweeps, is not counted; what has ended makes room', async () => {
  const guest = somebody('guest');
  const [one = '', two = '', three = '', four = ''] = await announced(guest, 4);
  const running = [];
  for (const id of [one, two, three]) running.push(await acquire(id, guest));
  await expect(acquire(four, guest)).rejects.toMatchObject(tooMany);
  expect(await acquire(four)).toMatchObject({ upload: { photoId: four } });
  await event.database.query(`update uploads set holder = null where photo_id = any($1)`, [[one, four]]);
  expect(await acquire(four, guest)).toMatchObject({ upload: { photoId: four } });
  expect(await acquire(two, guest)).toEqual({ held: true });
});

test('bytes that come with their announcement run too', async () => {
  const guest = somebody('guest');
  const arriving = () => uploads.announce(announcement(guest, 1, { holder: uuidv7(), running: true }));
  const tries = await Promise.allSettled(Array.from({ length: 6 }, arriving));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  await uploads.announce(announcement(guest, 1, { holder: uuidv7() }));
});

test('a guest has thirteen uploads open, in however many announcements at once; one that ends makes room', async () => {
  const guest = somebody('guest');
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => announced(guest, 1)));
  const open = tries.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  expect(open).toHaveLength(13);
  await expect(announced(guest, 1)).rejects.toMatchObject(tooMany);
  const ending = await acquire(open[0] ?? '');
  if (ending === undefined || !('upload' in ending)) throw new Error('not leased');
  expect(await uploads.settle(ending.upload, 'ended', 'upload_ended')).toBe(true);
  await announced(guest, 1);
});

test('a photographer has more of both', async () => {
  const photographer = somebody('photographer');
  const ids = await announced(photographer, 40);
  const tries = await Promise.allSettled(ids.map((id) => acquire(id, photographer)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(32);
});

test('5,000 photos are announced together, all or none', async () => {
  const [photographer, before] = [somebody('photographer'), await quotaStore(event.database).read(event.eventId)];
  const many = announcement(photographer, 5_000);
  await event.database.transaction((tx) => announce(tx, many, limits));
  const after = await quotaStore(event.database).read(event.eventId);
  expect(after.used.total.photos - before.used.total.photos).toBe(5_000);
  await expect(announced(photographer, 5_033)).rejects.toMatchObject(tooMany);
  expect((await quotaStore(event.database).read(event.eventId)).used).toEqual(after.used);
});
