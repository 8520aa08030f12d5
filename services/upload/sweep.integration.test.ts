import { afterAll, beforeAll, expect, test } from 'vitest';
import { contextOf } from '#internal/process/context.ts';
import { patienceMs } from '../../deploy/local/patience.ts';
import { sweepOnce } from './sweep.ts';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

const mebibyte = 1024 * 1024;
let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
afterAll(() => upload[Symbol.asyncDispose]());

const headers = () => ({ cookie: upload.cookie, 'tus-resumable': '1.0.0' });

/** Creates an upload and sends its first bytes; answers the photo's id. */
async function begin(photo: Buffer, bytes: number): Promise<string> {
  const metadata = `event_id ${btoa(upload.eventId)},filename ${btoa('a.jpg')}`;
  const created = await fetch(upload.files, {
    method: 'POST',
    headers: { ...headers(), 'upload-length': String(photo.length), 'upload-metadata': metadata },
  });
  const url = new URL(created.headers.get('location') ?? '', upload.files);
  const patched = await fetch(url, {
    method: 'PATCH',
    headers: { ...headers(), 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(photo.subarray(0, bytes)),
  });
  expect(patched.status).toBe(204);
  return url.pathname.split('/').at(-1) ?? '';
}

async function age(photoId: string, sql: string): Promise<void> {
  await upload.database.query(`update uploads set ${sql} where photo_id = $1`, [photoId]);
}

async function rowOf(photoId: string) {
  const [row] = await upload.database.query<{ state: string; photo: string; multipartId: string | null; tails: [] }>(
    `select u.state, p.state as photo, multipart_id as "multipartId", tails from uploads u join photos p using (event_id, photo_id)
     where photo_id = $1`,
    [photoId],
  );
  return row;
}

/** Lets the sweeper look once while something is wrong with one upload that no table knows. */
function sweepBut(photoId: string) {
  const recoverable = upload.deps.objects;
  const objects = {
    ...recoverable,
    head: (key: string) => (key.includes(photoId) ? Promise.reject(new TypeError('planned')) : recoverable.head(key)),
  };
  const deps = { ...upload.deps, objects, neglected: upload.neglected, onSwept: () => {} };
  return sweepOnce(contextOf(AbortSignal.timeout(patienceMs)), deps, 0);
}

async function used(): Promise<number> {
  const [row] = await upload.database.query<{ bytes: number }>(
    `select bytes from quota_usage where subject_id = $1 and day = '-infinity'`,
    [upload.eventId],
  );
  return row?.bytes ?? 0;
}

test.each([
  { name: 'a cut photo of one PUT', size: 8 * mebibyte, bytes: 3 * mebibyte },
  { name: 'one of parts', size: 40 * mebibyte, bytes: 20 * mebibyte },
])('ends $name whose time is over, gives its quota back and keeps nothing of it', async ({ size, bytes }) => {
  const before = await used();
  const photoId = await begin(await photoOf(size), bytes);
  await age(photoId, `expires_at = now() - interval '1 second'`);
  expect(await upload.sweep()).toMatchObject({ expired: 1 });
  expect(await rowOf(photoId)).toMatchObject({ state: 'expired', photo: 'failed' });
  expect(await used()).toBe(before);
  await age(photoId, `last_activity_at = now() - interval '2 minutes', swept_at = null`);
  expect(await upload.sweep()).toMatchObject({ discarded: 1 });
  expect(await rowOf(photoId)).toMatchObject({ multipartId: null, tails: [] });
  const tail = await upload.objects.head(`e/${upload.eventId}/${photoId}/tail-1-2`);
  expect(tail).toBeUndefined();
});

test('stores what is complete although its time is over', async () => {
  const photo = await photoOf(mebibyte);
  const photoId = await begin(photo, photo.length - 1);
  await age(photoId, `expires_at = now() - interval '1 second'`);
  await upload.objects.put({
    ...{ key: `e/${upload.eventId}/${photoId}/original-1`, body: photo, size: photo.length, contentType: 'image/jpeg' },
  });
  expect(await upload.sweep()).toMatchObject({ stored: 1, expired: 0 });
  expect(await rowOf(photoId)).toMatchObject({ state: 'finished', photo: 'stored' });
});

test('stores one of parts that were joined after the point to which the database was put back', async () => {
  const photo = await photoOf(40 * mebibyte);
  const photoId = await begin(photo, 20 * mebibyte);
  const earlier = await upload.database.query('select * from uploads where photo_id = $1', [photoId]);
  const url = `${upload.files}/${upload.eventId}/${photoId}`;
  await fetch(url, {
    method: 'PATCH',
    headers: {
      ...headers(),
      'upload-offset': String(20 * mebibyte),
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(photo.subarray(20 * mebibyte)),
  });
  expect(await rowOf(photoId)).toMatchObject({ state: 'finished' });
  await upload.database.query('delete from uploads where photo_id = $1', [photoId]);
  await upload.database.query('delete from stages where photo_id = $1', [photoId]);
  await upload.database.query(`update photos set state = 'announced' where photo_id = $1`, [photoId]);
  await upload.database.query('insert into uploads select * from json_populate_recordset(null::uploads, $1::json)', [
    JSON.stringify(earlier),
  ]);
  expect(await upload.sweep()).toMatchObject({ stored: 1 });
  expect(await rowOf(photoId)).toMatchObject({ state: 'finished', photo: 'stored' });
});

test('looks at an upload once, then not before something happens to it or a quarter of an hour is over', async () => {
  const photoId = await begin(await photoOf(4 * mebibyte), mebibyte);
  const looked = async () => (await upload.neglected.unfinished(0, 200)).some((one) => one.photoId === photoId);
  expect([await looked(), await looked()]).toEqual([true, false]);
  await age(photoId, `last_activity_at = now()`);
  expect([await looked(), await looked()]).toEqual([true, false]);
  await age(photoId, `swept_at = now() - interval '16 minutes', last_activity_at = now() - interval '20 minutes'`);
  expect(await looked()).toBe(true);
});

test('looks at one that nothing happens to ever more rarely, and at none for ever first', async () => {
  const [old, fresh] = [await begin(await photoOf(mebibyte), 1_000), await begin(await photoOf(mebibyte), 1_000)];
  await age(old, `last_activity_at = now() - interval '90 minutes', swept_at = now() - interval '40 minutes'`);
  await age(fresh, `last_activity_at = now() - interval '1 minute'`);
  const looked = async () => (await upload.neglected.unfinished(0, 200)).map(({ photoId }) => photoId);
  const first = await looked();
  expect([first.includes(old), first.includes(fresh)]).toEqual([false, true]);
  await age(old, `swept_at = now() - interval '50 minutes'`);
  expect(await looked()).toContain(old);
});

test('one that cannot be settled keeps the sweeper from no other, and comes to its turn again later', async () => {
  const [stuck, late] = [await begin(await photoOf(mebibyte), 1_000), await begin(await photoOf(mebibyte), 1_000)];
  await age(stuck, `expires_at = now() - interval '2 hours'`);
  await age(late, `expires_at = now() - interval '1 hour'`);
  const swept = await sweepBut(stuck);
  expect(swept).toMatchObject({ expired: 1 });
  expect([(await rowOf(stuck))?.state, (await rowOf(late))?.state]).toEqual(['open', 'expired']);
  const taken = async () => (await upload.neglected.expired(200)).some((one) => one.photoId === stuck);
  expect(await taken()).toBe(false);
  await age(stuck, `swept_at = now() - interval '16 minutes'`);
  expect(await taken()).toBe(true);
});

test('ends one whose parts the provider has given up, straight to the bucket or not', async () => {
  const before = await used();
  const announced = await fetch(`${upload.files}/presigned`, {
    method: 'POST',
    headers: { cookie: upload.cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ event_id: upload.eventId, filename: 'a.jpg', size: 20 * mebibyte }),
  });
  const { photo_id: photoId } = (await announced.json()) as { photo_id: string };
  await upload.harmMultipart(photoId, 'all');
  await upload.sweep();
  expect(await rowOf(photoId)).toMatchObject({ state: 'gone', photo: 'failed' });
  expect(await used()).toBe(before);
});

test('leaves alone what was only announced, and who is writing', async () => {
  const photoId = await begin(await photoOf(4 * mebibyte), mebibyte);
  const looked = async () => (await upload.neglected.unfinished(0, 200)).some((one) => one.photoId === photoId);
  await age(photoId, 'generation = 0');
  expect(await looked()).toBe(false);
  await age(photoId, `generation = 9, holder = gen_random_uuid(), lease_until = now() + interval '5 seconds'`);
  expect(await looked()).toBe(false);
});

test('forgets ended uploads after seven days, never open ones', async () => {
  const start = async () => begin(await photoOf(mebibyte), 1_000);
  const [ended, joined, open] = [await start(), await start(), await start()];
  await age(ended, `state = 'ended', tails = '[]', last_activity_at = now() - interval '8 days'`);
  await age(open, `last_activity_at = now() - interval '8 days'`);
  await age(
    joined,
    `state = 'finished', multipart_id = 'joined', tails = '[]', last_activity_at = now() - interval '8 days'`,
  );
  expect(await upload.sweep()).toMatchObject({ forgotten: 2 });
  expect([await rowOf(ended), await rowOf(joined), (await rowOf(open))?.state]).toEqual([undefined, undefined, 'open']);
});
