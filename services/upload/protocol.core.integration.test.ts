import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, begin, create, head, metadataOf, offsetOf, patch } from './protocoltest.ts';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

/*
 * What the core of tus 1.0.0 asks of a server, in short, and where it is held here:
 *   MUST    Tus-Resumable in every answer; 412 with Tus-Version for another version, and nothing done   protocol.versions
 *   MUST    X-HTTP-Method-Override is the method, the actual one is ignored                             protocol.versions
 *   MUST    HEAD: Upload-Offset always (0, partly, complete), Upload-Length, no caching                 HEAD
 *   SHOULD  HEAD: 404, 410 or 403 without Upload-Offset for what is not there                           HEAD
 *   SHOULD  PATCH: any upload URL takes bytes at the offset; 415 for another type; 404 for no upload    PATCH
 *   MUST    PATCH: 409 for another offset, nothing changed; 204 with the new offset, which is the sum   PATCH
 *   SHOULD  broken connections and silence are handled; as much as possible of what came is stored      PATCH
 *   MUST    OPTIONS: Tus-Version; Tus-Resumable is ignored; Tus-Extension, Tus-Max-Size as they are     protocol.versions
 *   MUST    Upload-Offset and Upload-Length are whole numbers                                           numbers
 */
let upload: TestUpload;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(100_000);
});
afterAll(() => upload[Symbol.asyncDispose]());

describe('HEAD', () => {
  test('the Server MUST always include Upload-Offset: at 0, partly, and when the upload is complete', async () => {
    const url = await create(upload, photo.length);
    expect(await offsetOf(upload, url)).toBe(0);
    await patch(upload, url, 0, { body: photo.subarray(0, 5_000) });
    expect(await offsetOf(upload, url)).toBe(5_000);
    await patch(upload, url, 5_000, { body: photo.subarray(5_000) });
    expect(await offsetOf(upload, url)).toBe(photo.length);
  });

  test('the Server MUST include Upload-Length, and MUST prevent caching', async () => {
    const { status, headers } = await head(upload, await create(upload, photo.length));
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'upload-length': String(photo.length), 'cache-control': 'no-store' });
  });

  const absent = [
    '00000000-0000-7000-8000-000000000000',
    'x',
    '../../etc/passwd',
    '-'.repeat(36),
    '%2e%2e',
    'a'.repeat(36),
  ];
  test.each(absent)('the Server SHOULD answer 404 without Upload-Offset for what is not found: %s', async (id) => {
    const { status, headers } = await head(upload, `${upload.files}/${upload.eventId}/${id}`);
    expect({ status, offset: headers['upload-offset'] }).toEqual({ status: 404, offset: undefined });
  });
});

test('a HEAD waits with 423 while an upload cannot be finished: a 5xx would make clients start over', async () => {
  const url = await create(upload, photo.length);
  upload.failNext('HeadObjectCommand');
  expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  upload.failNext('HeadObjectCommand');
  expect(await head(upload, url)).toMatchObject({ status: 423, headers: { 'retry-after': '2' } });
  expect(await offsetOf(upload, url)).toBe(photo.length);
});

describe('PATCH', () => {
  test('the Server MUST acknowledge with 204 and the offset before plus the bytes received', async () => {
    const url = await create(upload, photo.length);
    for (const [from, to] of [
      [0, 1],
      [1, 50_001],
      [50_001, 50_001],
      [50_001, 100_000],
    ] as const) {
      const { status, headers } = await patch(upload, url, from, { body: photo.subarray(from, to) });
      expect({ status, offset: headers['upload-offset'] }).toEqual({ status: 204, offset: String(to) });
    }
  });

  const types = [
    undefined,
    'application/octet-stream',
    'image/jpeg',
    'application/offset+octet-stream, text/plain',
    '',
  ];
  test.each(types)('the Server SHOULD answer 415 to Content-Type %s', async (type) => {
    const url = await create(upload, photo.length);
    const answer = await patch(upload, url, 0, { headers: { 'content-type': type }, body: photo });
    expect(answer).toMatchObject({ status: 415, code: 'media_type_invalid' });
    expect(await offsetOf(upload, url)).toBe(0);
  });

  test.each([0, 4_999, 5_001, 100_000, 900_000])(
    'the Server MUST answer 409 without modifying the upload to offset %i of 5000',
    async (offset) => {
      const url = await create(upload, photo.length);
      await patch(upload, url, 0, { body: photo.subarray(0, 5_000) });
      const answer = await patch(upload, url, offset, { body: photo.subarray(0, 10) });
      expect(answer).toMatchObject({ status: 409, code: 'offset_mismatch' });
      expect(await offsetOf(upload, url)).toBe(5_000);
    },
  );

  test('a complete upload takes no byte more: 409 at its beginning, 413 at its end', async () => {
    const url = await create(upload, photo.length);
    await patch(upload, url, 0, { body: photo });
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 409 });
    expect(await patch(upload, url, photo.length, { body: Buffer.from('x') })).toMatchObject({ status: 413 });
    expect(await patch(upload, url, photo.length, { body: Buffer.alloc(0) })).toMatchObject({ status: 204 });
  });

  test('the Server SHOULD answer 404 to a PATCH of what does not exist', async () => {
    const url = `${upload.files}/${upload.eventId}/00000000-0000-7000-8000-000000000000`;
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 404, code: 'upload_missing' });
  });

  test('a body that would exceed the length is refused with 413, in one piece before a byte is taken', async () => {
    const url = await create(upload, 1_000);
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await offsetOf(upload, url)).toBe(0);
    const chunked = await patch(upload, url, 0, { body: photo, trailers: {} });
    expect(chunked).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await offsetOf(upload, url)).toBeLessThan(1_000);
  });

  test('the length of an upload MUST NOT be changed once set', async () => {
    const url = await create(upload, photo.length);
    expect(await patch(upload, url, 0, { headers: { 'upload-length': '50' }, body: photo })).toMatchObject({
      status: 400,
    });
    expect((await head(upload, url)).headers['upload-length']).toBe(String(photo.length));
  });

  test('the Server SHOULD store as much of the received data as possible when the connection breaks', async () => {
    const url = await create(upload, photo.length);
    const writing = begin(upload, url, { offset: 0, length: photo.length, first: photo.subarray(0, 60_000) });
    await expect.poll(() => upload.database.query('select 1 from uploads where holder is not null')).toHaveLength(1);
    await writing.cut();
    await expect.poll(() => offsetOf(upload, url)).toBe(60_000);
    expect(await patch(upload, url, 60_000, { body: photo.subarray(60_000) })).toMatchObject({ status: 204 });
  });

  test('silence SHOULD be handled by closing the connection, and what came before it is stored', async () => {
    await using impatient = await upload.replica({ idleSeconds: 1 });
    const url = (await create(upload, photo.length)).replace(upload.files, impatient.files);
    const writing = begin(upload, url, { offset: 0, length: photo.length, first: photo.subarray(0, 60_000) });
    expect(await writing.status()).toBe(0);
    await expect.poll(() => offsetOf(upload, url)).toBe(60_000);
  });
});

describe('numbers', () => {
  const wrong = [undefined, '', '-1', '+1', '1.5', '1e3', '0x10', 'abc', '007', ' ', '0, 0'];
  test.each(wrong)('Upload-Offset MUST be a non-negative integer, not %s', async (offset) => {
    const url = await create(upload, photo.length);
    const answer = await patch(upload, url, 0, { headers: { 'upload-offset': offset }, body: photo });
    expect(answer.status).toBe(400);
    expect(await offsetOf(upload, url)).toBe(0);
  });

  test.each(wrong)('Upload-Length MUST be a non-negative integer, not %s', async (length) => {
    const headers = { 'upload-length': length, 'upload-metadata': metadataOf(upload) };
    expect((await ask(upload, 'POST', upload.files, { headers })).status).toBe(400);
  });
});
