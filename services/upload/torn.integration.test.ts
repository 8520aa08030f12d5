/** A power cut may leave an object that nobody synced with its size and its attributes, and without its bytes. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { PresignedPlan } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { testServers } from '../../deploy/local/testing.ts';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

const mebibyte = 1024 * 1024;
let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
afterAll(() => upload[Symbol.asyncDispose]());

const headers = () => ({ cookie: upload.cookie, 'tus-resumable': '1.0.0' });

async function create(photo: Buffer): Promise<{ url: string; key: string; photoId: string }> {
  const metadata = `event_id ${btoa(upload.eventId)},filename ${btoa('a.jpg')},sha256 ${btoa(sha256(photo))}`;
  const answer = await fetch(upload.files, {
    method: 'POST',
    headers: { ...headers(), 'upload-length': String(photo.length), 'upload-metadata': metadata },
  });
  const url = new URL(answer.headers.get('location') ?? '', upload.files).href;
  const photoId = url.split('/').at(-1) ?? '';
  return { url, photoId, key: originalKey(upload.eventId, photoId, 1) };
}

function patch(url: string, photo: Buffer, offset = 0): Promise<Response> {
  return fetch(url, {
    method: 'PATCH',
    headers: { ...headers(), 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(photo.subarray(offset)),
  });
}

async function offsetOf(url: string): Promise<number> {
  return Number((await fetch(url, { method: 'HEAD', headers: headers() })).headers.get('upload-offset') ?? Number.NaN);
}

async function put(key: string, Body: Buffer): Promise<void> {
  await upload.objects.client.send(new PutObjectCommand({ Bucket: upload.objects.bucket, Key: key, Body }));
}

async function tear(key: string): Promise<void> {
  const file = await open(join(testServers().S3_SYNC_FOLDER ?? '', upload.objects.bucket, key), 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(size), 0, size, 0);
  await file.close();
}

async function storedHash(key: string): Promise<string | undefined> {
  const object = await upload.objects.get(key);
  return object && sha256(Buffer.concat(await object.body.toArray()));
}

async function stateOf(photoId: string): Promise<string | undefined> {
  const sql = 'select state from photos where event_id = $1 and photo_id = $2';
  const [row] = await upload.database.query<{ state: string }>(sql, [upload.eventId, photoId]);
  return row?.state;
}

test.each([
  { name: 'asks where it was', asks: true },
  { name: 'sends the photo again at once', asks: false },
])('a photo whose bytes a power cut took is stored whole when its client $name', async ({ asks }) => {
  const photo = await photoOf(2 * mebibyte);
  const { url, key, photoId } = await create(photo);
  await put(key, photo);
  await tear(key);
  if (asks) expect(await offsetOf(url)).toBe(0);
  expect((await patch(url, photo)).status).toBe(204);
  expect([await stateOf(photoId), await storedHash(key)]).toEqual(['stored', sha256(photo)]);
});

test('bytes that came before a power cut are not asked for again', async () => {
  const photo = await photoOf(2 * mebibyte);
  const { url, key, photoId } = await create(photo);
  expect((await patch(url, photo.subarray(0, mebibyte))).status).toBe(204);
  await put(key, photo);
  await tear(key);
  expect(await offsetOf(url)).toBe(mebibyte);
  expect((await patch(url, photo, mebibyte)).status).toBe(204);
  expect([await stateOf(photoId), await storedHash(key)]).toEqual(['stored', sha256(photo)]);
});

test('the sweeper stores nothing of which a power cut took the bytes', async () => {
  const photo = await photoOf(2 * mebibyte);
  const { url, key, photoId } = await create(photo);
  await patch(url, photo.subarray(0, mebibyte));
  await put(key, photo);
  await tear(key);
  expect(await upload.sweep()).toMatchObject({ stored: 0 });
  expect([await stateOf(photoId), await offsetOf(url)]).toEqual(['announced', mebibyte]);
});

test.each([
  { name: 'is stored when it is whole', torn: false, status: 200, state: 'stored' },
  { name: 'has to be sent again when a power cut took bytes of it', torn: true, status: 410, state: 'failed' },
])('a photo that was joined before its commit failed $name', async ({ torn, status, state }) => {
  const photo = await photoOf(40 * mebibyte);
  const { url, key, photoId } = await create(photo);
  upload.failNext('HeadObjectCommand');
  expect((await patch(url, photo)).status).toBe(503);
  if (torn) await tear(key);
  expect((await fetch(url, { method: 'HEAD', headers: headers() })).status).toBe(status);
  expect(await stateOf(photoId)).toBe(state);
});

test.each([
  { name: 'one PUT', size: mebibyte },
  { name: 'parts', size: 20 * mebibyte },
])('a photo that went straight to the bucket in $name and lost its bytes is not stored', async ({ size }) => {
  const photo = await photoOf(size);
  const post = (path: string, body: object) => {
    const url = new URL(path, upload.files);
    const json = { cookie: upload.cookie, 'content-type': 'application/json' };
    return fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) });
  };
  const wanted = { event_id: upload.eventId, filename: 'a.jpg', size };
  const plan = PresignedPlan.parse(await (await post('/files/presigned', wanted)).json());
  for (const { url, headers, start, end } of plan.parts)
    await fetch(url, { method: 'PUT', headers, body: new Uint8Array(photo.subarray(start, end)) });
  const key = originalKey(upload.eventId, plan.photo_id, 1);
  if (plan.part_count === 1) await tear(key);
  else await tear(await secondPartOf(key));
  expect((await post(`${plan.url}/complete`, {})).status).toBe(410);
  expect(await stateOf(plan.photo_id)).toBe('failed');
});

async function secondPartOf(key: string): Promise<string> {
  const sql = 'select multipart_id as id from uploads where photo_id = $1';
  const [row] = await upload.database.query<{ id: string }>(sql, [key.split('/').at(-2)]);
  return join('.sgwtmp/multipart', createHash('sha256').update(key).digest('hex'), row?.id ?? '', '2');
}
