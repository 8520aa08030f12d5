import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
beforeEach(() => void upload.ended.splice(0));
afterAll(() => upload[Symbol.asyncDispose]());

const headers = () => ({ cookie: upload.cookie, 'tus-resumable': '1.0.0' });

async function announce(size: number): Promise<string> {
  const metadata = `event_id ${btoa(upload.eventId)},filename ${btoa('a.jpg')}`;
  const created = await fetch(upload.files, {
    method: 'POST',
    headers: { ...headers(), 'upload-length': String(size), 'upload-metadata': metadata },
  });
  return created.headers.get('location')?.split('/').at(-1) ?? '';
}

async function patch(photoId: string, bytes: Buffer): Promise<number> {
  const answer = await fetch(`${upload.files}/${upload.eventId}/${photoId}`, {
    method: 'PATCH',
    headers: { ...headers(), 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(bytes),
  });
  return answer.status;
}

/** Lets work run while no photo can be committed. */
async function withoutCommits(work: () => Promise<void>): Promise<void> {
  const { journal } = upload.deps;
  upload.deps.journal = { ...journal, commit: () => Promise.reject(new TypeError('planned')) };
  await work().finally(() => {
    upload.deps.journal = journal;
  });
}

async function letExpire(photoId: string) {
  const sql = `update uploads set expires_at = now() - interval '1 second', swept_at = null where photo_id = $1`;
  await upload.database.query(sql, [photoId]);
  return upload.sweep();
}

test('a photo that is stored counts once, whoever asks for it later', async () => {
  const photo = await photoOf(100_000);
  const photoId = await announce(photo.length);
  expect(await patch(photoId, photo)).toBe(204);
  await fetch(`${upload.files}/${upload.eventId}/${photoId}`, { method: 'HEAD', headers: headers() });
  await upload.sweep();
  expect(upload.ended).toEqual(['stored']);
});

test('what is no photo counts once as refused', async () => {
  const photoId = await announce(100_000);
  expect(await patch(photoId, Buffer.alloc(100_000, 'x'))).toBe(415);
  expect(upload.ended).toEqual(['refused']);
});

test('a whole photo that cannot be stored counts once as failed, however often the sweeper tries', async () => {
  const photo = await photoOf(100_000);
  const photoId = await announce(photo.length);
  await withoutCommits(async () => {
    expect(await patch(photoId, photo)).toBe(500);
    expect(upload.ended).toEqual([]);
    for (let n = 0; n < 3; n++) await upload.sweep();
    expect(upload.ended).toEqual(['failed']);
  });
  expect(await upload.sweep()).toMatchObject({ stored: 1 });
  expect(upload.ended).toEqual(['failed', 'stored']);
});

test('one that runs out after a part of it came counts as failed, one that was only announced not at all', async () => {
  const [begun, announced] = [await announce(100_000), await announce(100_000)];
  expect(await patch(begun, (await photoOf(100_000)).subarray(0, 1_000))).toBe(204);
  expect(await letExpire(begun)).toMatchObject({ expired: 1 });
  expect(upload.ended).toEqual(['failed']);
  expect(await letExpire(announced)).toMatchObject({ expired: 1 });
  expect(upload.ended).toEqual(['failed']);
});

test('one that runs out counts as failed although none of its bytes could be stored', async () => {
  const photoId = await announce(100_000);
  const acquired = await upload.deps.uploads.acquire(upload.eventId, photoId, randomUUID());
  if (acquired === undefined || 'held' in acquired) throw new Error('not leased');
  await upload.deps.uploads.release({ ...acquired.upload, firstByteAt: new Date() });
  expect(await letExpire(photoId)).toMatchObject({ expired: 1 });
  expect(upload.ended).toEqual(['failed']);
});
