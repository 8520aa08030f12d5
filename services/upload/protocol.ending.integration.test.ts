import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, begin, create, head, offsetOf, patch, post } from './protocoltest.ts';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

/*
 * What the extensions expiration and termination ask of a server, in short, and where it is held here:
 *   MUST    both be named in Tus-Extension                                                   protocol.versions, OPTIONS
 *   MUST    Upload-Expires in the 201, and in every PATCH answer of what is going to expire  expiration
 *   MUST    its value is an HTTP date; it may change                                         expiration
 *   SHOULD  410 to who resumes what has expired, 404 only where nobody keeps track           expiration
 *   MUST    204 to DELETE of an upload that is there                                         termination
 *   SHOULD  free what the upload held                                                        termination
 *   MUST    404 or 410 to every later request                                                termination
 */
const mebibyte = 1024 * 1024;
let upload: TestUpload;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(100_000);
});
afterAll(() => upload[Symbol.asyncDispose]());

const idOf = (url: string) => url.split('/').at(-1);
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const hoursUntil = (date: string | string[] | undefined) => (Date.parse(String(date)) - Date.now()) / 3_600_000;

describe('expiration', () => {
  test('the 201 MUST include Upload-Expires as an HTTP date, 48 hours away', async () => {
    const expires = (await post(upload, photo.length)).headers['upload-expires'];
    expect(expires).toMatch(httpDate);
    expect(hoursUntil(expires)).toBeCloseTo(48, 1);
  });

  test('every PATCH response MUST include Upload-Expires of what is going to expire, moved on with each advance', async () => {
    const url = await create(upload, photo.length);
    await upload.database.query(`update uploads set expires_at = now() + interval '1 hour' where photo_id = $1`, [
      idOf(url),
    ]);
    expect(hoursUntil((await head(upload, url)).headers['upload-expires'])).toBeCloseTo(1, 1);
    const { headers } = await patch(upload, url, 0, { body: photo.subarray(0, 9_000) });
    expect(headers['upload-expires']).toMatch(httpDate);
    expect(hoursUntil(headers['upload-expires'])).toBeCloseTo(48, 1);
  });

  test('a complete upload is not going to expire, and says so by saying nothing', async () => {
    const url = await create(upload, photo.length);
    expect((await patch(upload, url, 0, { body: photo })).headers['upload-expires']).toBeUndefined();
    const { status, headers } = await head(upload, url);
    expect({ status, expires: headers['upload-expires'] }).toEqual({ status: 200, expires: undefined });
  });

  const passed = [
    { name: 'whose time has passed', set: `expires_at = now() - interval '1 second'` },
    { name: 'that the sweeper has removed', set: `state = 'expired'` },
  ];
  test.each(passed)('the Server SHOULD respond with 410 to who resumes an upload $name', async ({ set }) => {
    const url = await create(upload, photo.length);
    await patch(upload, url, 0, { body: photo.subarray(0, 9_000) });
    await upload.database.query(`update uploads set ${set} where photo_id = $1`, [idOf(url)]);
    const { status, headers } = await head(upload, url);
    expect({ status, offset: headers['upload-offset'], expires: headers['upload-expires'] }).toEqual({ status: 410 });
    expect(await patch(upload, url, 9_000, { body: photo.subarray(9_000) })).toMatchObject({
      status: 410,
      code: 'upload_expired',
    });
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 410, code: 'upload_expired' });
  });

  test('an upload that is complete but for its commit is finished, however late', async () => {
    const url = await create(upload, photo.length);
    upload.failNext('HeadObjectCommand');
    expect((await patch(upload, url, 0, { body: photo })).status).toBe(503);
    await upload.database.query(`update uploads set expires_at = now() - interval '1 day' where photo_id = $1`, [
      idOf(url),
    ]);
    expect(await offsetOf(upload, url)).toBe(photo.length);
  });
});

describe('termination', () => {
  const Bucket = () => upload.objects.bucket;
  async function keysOf(url: string): Promise<string[]> {
    const Prefix = `e/${upload.eventId}/${idOf(url)}/`;
    const objects = await upload.objects.client.send(new ListObjectsV2Command({ Bucket: Bucket(), Prefix }));
    const parts = await upload.objects.client.send(new ListMultipartUploadsCommand({ Bucket: Bucket() }));
    const open = (parts.Uploads ?? []).filter(({ Key }) => Key?.startsWith(Prefix));
    return [...(objects.Contents ?? []), ...open].map(({ Key }) => Key ?? '');
  }

  const standing = [
    { name: 'nothing has come of', length: 100_000, sent: 0, held: 0 },
    { name: 'a tail is stored of', length: 100_000, sent: 50_000, held: 1 },
    { name: 'parts and a tail are stored of', length: 40 * mebibyte, sent: 20 * mebibyte, held: 2 },
  ];
  test.each(standing)(
    'the Server MUST respond with 204 and frees an upload that $name',
    async ({ length, sent, held }) => {
      const url = await create(upload, length);
      await patch(upload, url, 0, { body: (await photoOf(length)).subarray(0, sent) });
      expect(await keysOf(url)).toHaveLength(held);
      expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 204 });
      expect(await keysOf(url)).toEqual([]);
    },
  );

  test('future requests to a terminated URL MUST return 410, and it stays ended', async () => {
    const url = await create(upload, photo.length);
    await ask(upload, 'DELETE', url);
    expect((await head(upload, url)).status).toBe(410);
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 410, code: 'upload_ended' });
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 410, code: 'upload_ended' });
    const rows = await upload.database.query('select state from photos where photo_id = $1', [idOf(url)]);
    expect(rows).toEqual([{ state: 'deleted' }]);
  });

  test('an upload that is not there cannot be terminated: 404', async () => {
    const url = `${upload.files}/${upload.eventId}/00000000-0000-7000-8000-000000000000`;
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 404, code: 'upload_missing' });
  });

  test('a stored photo is no upload any more: 409, and the photo stays', async () => {
    const url = await create(upload, photo.length);
    await patch(upload, url, 0, { body: photo });
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 409, code: 'upload_finished' });
    expect(await keysOf(url)).toHaveLength(1);
    expect(await offsetOf(upload, url)).toBe(photo.length);
  });

  test('an upload is terminated while it is written: the writer ends first', async () => {
    const url = await create(upload, photo.length);
    const writing = begin(upload, url, { offset: 0, length: photo.length, first: photo.subarray(0, 20_000) });
    const held = 'select 1 from uploads where photo_id = $1 and holder is not null';
    await expect.poll(() => upload.database.query(held, [idOf(url)])).toHaveLength(1);
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 204 });
    await writing.cut();
    expect((await head(upload, url)).status).toBe(410);
    expect(await keysOf(url)).toEqual([]);
  });

  test('terminating succeeds although the bucket is away: what is left is in our records', async () => {
    const url = await create(upload, photo.length);
    await patch(upload, url, 0, { body: photo.subarray(0, 50_000) });
    upload.failNext('DeleteObjectsCommand');
    expect(await ask(upload, 'DELETE', url)).toMatchObject({ status: 204 });
    const rows = await upload.database.query(
      'select state, json_array_length(tails) as tails from uploads where photo_id = $1',
      [idOf(url)],
    );
    expect(rows).toEqual([{ state: 'ended', tails: 1 }]);
  });
});
