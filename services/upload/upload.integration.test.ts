import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { photoOf, type Sent, send, sha256, startUpload, type TestUpload } from './uploadtest.ts';

const mebibyte = 1024 * 1024;
let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
afterAll(() => upload[Symbol.asyncDispose]());
beforeEach(() => {
  upload.calls.length = 0;
});

async function storedHash(id: string): Promise<string> {
  const object = await upload.objects.get(originalKey(upload.eventId, id, 1));
  return sha256(Buffer.concat((await object?.body.toArray()) ?? []));
}

async function rowOf(
  id: string,
): Promise<{ state: string; upload: string; stages: number; entries: number } | undefined> {
  const [row] = await upload.database.query<{ state: string; upload: string; stages: number; entries: number }>(
    `select p.state, u.state as upload,
       (select count(*) from stages s where s.event_id = p.event_id and s.photo_id = p.photo_id) as stages,
       (select count(*) from journal j where j.event_id = p.event_id and j.photo_id = p.photo_id) as entries
     from photos p join uploads u using (event_id, photo_id) where p.event_id = $1 and p.photo_id = $2`,
    [upload.eventId, id],
  );
  return row;
}
const storedOnce = { state: 'stored', upload: 'finished', stages: 1, entries: 1 };

test('stores a photo of 12 MB that comes in one PATCH with two S3 requests', async () => {
  const photo = await photoOf(12_000_000);
  const sent = await send(upload, photo);
  expect(sent.stored).toBe(true);
  expect(upload.calls).toEqual(['PutObjectCommand', 'HeadObjectCommand']);
  expect(await storedHash(sent.id)).toBe(sha256(photo));
  expect(await rowOf(sent.id)).toEqual(storedOnce);
});

const sizes = [
  { name: 'a whole photo in pieces smaller than a part', size: 11 * mebibyte + 5, chunkSize: 3 * mebibyte },
  { name: 'three parts in one PATCH', size: 40 * mebibyte + 1, chunkSize: undefined },
  { name: 'parts that end inside of PATCHes', size: 40 * mebibyte + 77, chunkSize: 9 * mebibyte },
  { name: 'PATCHes that end with their parts', size: 48 * mebibyte, chunkSize: 16 * mebibyte },
  { name: 'a first piece too small to tell its type', size: 8_000, chunkSize: 1_000 },
];
test.each(sizes)('stores $name byte for byte', async ({ size, chunkSize }) => {
  const photo = await photoOf(size);
  const sent = await send(upload, photo, chunkSize === undefined ? {} : { chunkSize });
  expect(sent.stored).toBe(true);
  expect(await storedHash(sent.id)).toBe(sha256(photo));
  expect(await rowOf(sent.id)).toEqual(storedOnce);
});

// The letters are those of the stock store's defects: each of these calls, failing once, made it lose a photo or doubt it.
const failures = [
  { defect: 'A', command: 'UploadPartCommand', size: 40 * mebibyte },
  { defect: 'B', command: 'HeadObjectCommand', size: mebibyte },
  { defect: 'C', command: 'CompleteMultipartUploadCommand', size: 40 * mebibyte },
  { defect: 'E', command: 'PutObjectCommand', size: 5 * mebibyte },
];
test.each(failures)('survives one failing $command (defect $defect)', async ({ command, size }) => {
  const photo = await photoOf(size);
  upload.failNext(command);
  const sent = await send(upload, photo);
  expect(sent.stored).toBe(true);
  expect(await storedHash(sent.id)).toBe(sha256(photo));
  expect(await rowOf(sent.id)).toEqual(storedOnce);
});

const harms = [
  { name: 'aborted its parts (defect D)', harm: 'all' },
  { name: 'lost one of its parts', harm: 'a part' },
] as const;
test.each(harms)('tells the client to start over when the provider has $name', async ({ harm }) => {
  const photo = await photoOf(40 * mebibyte);
  const headers = { cookie: upload.cookie, 'tus-resumable': '1.0.0' };
  const metadata = `event_id ${btoa(upload.eventId)},filename ${btoa('a.jpg')}`;
  const created = await fetch(upload.files, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(photo.length), 'upload-metadata': metadata },
  });
  const url = new URL(created.headers.get('location') ?? '', upload.files).href;
  const patch = (from: number, to: number) =>
    fetch(url, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' },
      body: new Uint8Array(photo.subarray(from, to)),
    });
  expect((await patch(0, 32 * mebibyte)).status).toBe(204);
  await upload.harmMultipart(url.split('/').at(-1) ?? '', harm);
  const last = await patch(32 * mebibyte, photo.length);
  expect([last.status, (await fetch(url, { method: 'HEAD', headers })).status]).toEqual([410, 410]);
});

test('the sweeper finishes what a crash cut off between the object and its commit', async () => {
  const photo = await photoOf(2 * mebibyte);
  upload.failNext('HeadObjectCommand');
  const sent = await send(upload, photo, { retryDelays: [] });
  expect(sent.stored).toBe(false);
  expect(await upload.sweep()).toMatchObject({ stored: 1 });
  expect(await rowOf(sent.id)).toEqual(storedOnce);
});

const refusals: { name: string; photo: () => Promise<Buffer>; want: Partial<Sent> }[] = [
  {
    name: 'a text that is named like a photo',
    photo: async () => Buffer.from('hello, world'),
    want: { status: 415, code: 'not_a_photo' },
  },
  { name: 'an empty file', photo: async () => Buffer.alloc(0), want: { status: 400, code: 'empty_file' } },
  {
    name: 'a file that is too large',
    photo: () => photoOf(65 * mebibyte),
    want: { status: 413, code: 'file_too_large' },
  },
  {
    name: 'a large file that is no photo',
    photo: async () => Buffer.alloc(5 * mebibyte, 'x'),
    want: { status: 415, code: 'not_a_photo' },
  },
];
test.each(refusals)('refuses $name with $want.code', async ({ photo, want }) => {
  expect(await send(upload, await photo(), { retryDelays: [] })).toMatchObject({ stored: false, ...want });
});

const strangers = [
  { name: 'a stranger', cookie: () => 'kilat=none', want: { status: 401, code: 'unauthenticated' } },
  { name: 'a guest', cookie: () => upload.guestCookie, want: { status: 403, code: 'forbidden' } },
];
test.each(strangers)('lets $name create no upload', async ({ cookie, want }) => {
  expect(await send(upload, await photoOf(10_000), { cookie: cookie(), retryDelays: [] })).toMatchObject({
    stored: false,
    ...want,
  });
});

test('refuses an unknown event, and an event that is closed', async () => {
  const photo = await photoOf(10_000);
  const unknown = await send(upload, photo, {
    retryDelays: [],
    metadata: { event_id: '0192b0e2-0000-7000-8000-00000000ffff' },
  });
  expect(unknown).toMatchObject({ status: 404, code: 'event_missing' });
  await upload.events.change(upload.eventId, { state: 'closed' });
  expect(await send(upload, photo, { retryDelays: [] })).toMatchObject({ status: 403, code: 'event_closed' });
  await upload.events.change(upload.eventId, { state: 'live' });
});

test('answers a wrong offset and a wrong id with the codes that clients know', async () => {
  const headers = { cookie: upload.cookie, 'tus-resumable': '1.0.0' };
  const metadata = `event_id ${btoa(upload.eventId)},filename ${btoa('a.jpg')}`;
  const created = await fetch(upload.files, {
    method: 'POST',
    headers: { ...headers, 'upload-length': '10000', 'upload-metadata': metadata },
  });
  const url = new URL(created.headers.get('location') ?? '', upload.files).href;
  const patch = {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '7', 'content-type': 'application/offset+octet-stream' },
    body: 'x',
  };
  const wrongOffset = await fetch(url, patch);
  expect([wrongOffset.status, await wrongOffset.json()]).toEqual([
    409,
    expect.objectContaining({ code: 'offset_mismatch' }),
  ]);
  const wrongId = await fetch(`${upload.files}/${upload.eventId}/0192b0e2-0000-7000-8000-00000000ffff`, patch);
  expect([wrongId.status, await wrongId.json()]).toEqual([404, expect.objectContaining({ code: 'upload_missing' })]);
  expect((await fetch(`${upload.files}/../../etc/passwd`, patch)).status).toBe(404);
});

test('gives a lease to another writer when its holder has died', async () => {
  const [row] = await upload.database.query<{ photo_id: string }>(
    `select photo_id from uploads where state = 'open' limit 1`,
  );
  const { acquire } = upload.deps.uploads;
  const photoId = row?.photo_id ?? '';
  expect(await acquire(upload.eventId, photoId, '0192b0e2-0000-7000-8000-000000000001')).toHaveProperty('upload');
  expect(await acquire(upload.eventId, photoId, '0192b0e2-0000-7000-8000-000000000002')).toEqual({ held: true });
  await upload.database.query(`update uploads set lease_until = now() - interval '1 second' where photo_id = $1`, [
    photoId,
  ]);
  const taken = await acquire(upload.eventId, photoId, '0192b0e2-0000-7000-8000-000000000002');
  expect(taken).toHaveProperty('upload');
});
