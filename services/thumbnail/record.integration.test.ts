import type { Due } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { readEntries } from '#internal/journal/journal.ts';
import { retryPhoto } from '#internal/photos/retry.ts';
import { readFailures } from '#internal/stages/failures.ts';
import type { PictureFacts } from './picture.ts';
import { createRecord } from './record.ts';

let event: TestEvent;
beforeAll(async () => {
  event = await openTestEvent();
});
afterAll(() => event[Symbol.asyncDispose]());

const shape = { width: 6_000, height: 4_000, thumbhash: 'aGFzaA==' };
const takenAt = new Date('2026-06-01T04:30:00.250Z');
const exif = {
  ...{ takenAt, takenOffsetMinutes: 480, cameraMake: 'NIKON', cameraModel: 'D90', cameraSerial: 'KL-7731' },
  ...{ lens: '50 mm f/1.8', exposureSeconds: 0.004, fNumber: 5.6, iso: 400, focalLengthMm: 55.5 },
  ...{ latitude: -8.51, longitude: 115.26 },
};
const facts: PictureFacts = {
  ...shape,
  ...{ exif, phash: 'f000000000000001', sharpness: 240.5, clippedShare: 0.125, damaged: true },
};
const all = ['small', 'medium', 'large'] as const;

async function newPhoto(): Promise<Due> {
  const photo_id = await event.addPhoto();
  return { v: 1, event_id: event.eventId, photo_id, stage: 'thumbnail', lane: 'live', generation: 1 };
}

async function rowOf({ photo_id }: Due): Promise<Record<string, unknown>> {
  const [row] = await event.database.query<Record<string, unknown>>(
    `select *, phash::text as phash, thumbnails_ready_at is not null as stamped from photos where photo_id = $1`,
    [photo_id],
  );
  return row ?? {};
}

async function entriesOf({ photo_id }: Due): Promise<[string, Record<string, unknown>][]> {
  const entries = await readEntries(event.database, event.eventId, 0, 1_000);
  return entries.filter((entry) => entry.photo_id === photo_id).map(({ type, data }) => [type, data]);
}

test('keeps all that rendering found, and tells the journal none but its facts', async () => {
  const due = await newPhoto();
  const shown = { version: 2, renditions: all, webBytes: 400 };
  expect(await createRecord(event.journal).rendered(due, facts, shown)).toBe(true);
  expect(await rowOf(due)).toMatchObject({
    ...{ state: 'ready', stamped: true, version: 2, renditions: all, ...shape },
    ...{ taken_at: takenAt, taken_offset_minutes: 480, camera_make: 'NIKON', camera_model: 'D90' },
    ...{ camera_serial: 'KL-7731', lens: '50 mm f/1.8', exposure_seconds: 0.004, f_number: 5.6, iso: 400 },
    ...{ focal_length_mm: 55.5, latitude: -8.51, longitude: 115.26, phash: '-1152921504606846975' },
    ...{ sharpness: 240.5, clipped_share: 0.125, damaged: true, compression_stats: { before: 1_000, after: 400 } },
  });
  expect((await entriesOf(due)).at(-1)).toEqual([
    'photo.rendered',
    { width: 6_000, height: 4_000, version: 2, renditions: all, damaged: true },
  ]);
});

test('keeps of a preview what is known by then, under the version that it is told', async () => {
  const due = await newPhoto();
  const record = createRecord(event.journal);
  expect(await record.previewed(due, { ...shape, exif: { takenAt, iso: 100 } }, 1)).toBe(true);
  expect(await rowOf(due)).toMatchObject({
    ...{ state: 'stored', version: 1, renditions: ['small'], ...shape, taken_at: takenAt, iso: 100, lens: null },
    ...{ phash: null, damaged: false },
  });
  expect((await entriesOf(due)).at(-1)).toEqual([
    'photo.previewed',
    { width: 6_000, height: 4_000, version: 1, renditions: ['small'] },
  ]);
  expect(await record.previewed(due, shape, 2)).toBe(false);
});

test('forgets what an earlier reader found and a later one does not, except when it was taken', async () => {
  const due = await newPhoto();
  const record = createRecord(event.journal);
  await record.previewed(due, { ...shape, exif }, 1);
  await record.rendered(due, { ...facts, exif: {}, damaged: false }, { version: 2, renditions: all });
  expect(await rowOf(due)).toMatchObject({
    ...{ taken_at: takenAt, camera_serial: null, latitude: null, longitude: null, damaged: false },
    compression_stats: null,
  });
});

test('keeps what a decoder makes up within what the columns hold', async () => {
  const due = await newPhoto();
  const wild = { lens: 'L\0'.repeat(9_000), iso: 1e300, fNumber: 1e-320, latitude: Number.NaN, longitude: 1e9 };
  const record = createRecord(event.journal);
  const made = { ...facts, exif: wild, phash: 'x', sharpness: Number.POSITIVE_INFINITY, clippedShare: -1 };
  expect(await record.rendered(due, made, { version: 2, renditions: all })).toBe(true);
  expect(await rowOf(due)).toMatchObject({
    ...{ lens: 'L', iso: null, f_number: null, latitude: null, longitude: null },
    ...{ phash: null, sharpness: null, clipped_share: null },
  });
});

test('a photo that could not be rendered anew is seen as before, listed as failed, and tried again', async () => {
  const due = await newPhoto();
  const again = { ...due, generation: 2 };
  const record = createRecord(event.journal);
  await record.rendered(due, facts, { version: 2, renditions: all });
  await event.database.query(`update stages set state = 'due', generation = 2 where photo_id = $1`, [due.photo_id]);
  await record.failed(again, { state: 'failed', class: 'server', error: 'Away.', code: 'internal' });
  const { failures } = await readFailures(event.database, { eventId: event.eventId, limit: 1 });
  expect(failures).toMatchObject([{ photo_id: due.photo_id, class: 'server', error: 'Away.', photo_state: 'ready' }]);

  await retryPhoto(event.journal, event.eventId, due.photo_id);
  expect(await rowOf(due)).toMatchObject({ state: 'ready', version: 2, processing_error: null });
  expect(await record.rendered({ ...due, generation: 3 }, facts, { version: 6, renditions: all })).toBe(true);
  expect(await rowOf(due)).toMatchObject({ state: 'ready', version: 6 });
});
