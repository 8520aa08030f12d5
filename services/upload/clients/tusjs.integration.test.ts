import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { FileUrlStorage, Upload, type UploadOptions, type UrlStorage } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { head, offsetOf } from '../protocoltest.ts';
import { photoOf, sha256, startUpload, type TestUpload } from '../uploadtest.ts';

declare module 'tus-js-client' {
  /** Keeps URLs in a file: its types leave it out, although Node's build has it. */
  class FileUrlStorage implements UrlStorage {
    constructor(path: string);
    findAllUploads: UrlStorage['findAllUploads'];
    findUploadsByFingerprint: UrlStorage['findUploadsByFingerprint'];
    removeUpload: UrlStorage['removeUpload'];
    addUpload: UrlStorage['addUpload'];
  }
}

const mebibyte = 1024 * 1024;
let upload: TestUpload;
let other: Awaited<ReturnType<TestUpload['replica']>>;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  other = await upload.replica();
  photo = await photoOf(5_000_000);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await upload[Symbol.asyncDispose]();
});

/** Makes a client; `ended` waits until it was stored, and fails as it did. */
function clientOf(options: UploadOptions = {}) {
  const ended = Promise.withResolvers<void>();
  const client = new Upload(photo, {
    endpoint: upload.files,
    headers: { cookie: upload.cookie },
    metadata: { event_id: upload.eventId, filename: 'DSC_0001.JPG' },
    retryDelays: [50, 100, 200, 400],
    onSuccess: () => ended.resolve(),
    onError: (error) => ended.reject(error),
    ...options,
  });
  return { client, ended: ended.promise };
}

async function sent(options: UploadOptions): Promise<Upload> {
  const { client, ended } = clientOf(options);
  client.start();
  await ended;
  return client;
}

/** Sends until some bytes were accepted, then ends as a closed lid does; answers the URL. */
async function interrupted(options: UploadOptions, after: number): Promise<string> {
  const enough = Promise.withResolvers<void>();
  const onChunkComplete = (_size: number, accepted: number) => void (accepted >= after && enough.resolve());
  const { client } = clientOf({ ...options, onChunkComplete });
  client.start();
  await enough.promise;
  await client.abort();
  return client.url ?? '';
}

async function expectStored(url: string | null): Promise<void> {
  const object = await upload.objects.get(originalKey(upload.eventId, url?.split('/').at(-1) ?? '', 1));
  expect(sha256(Buffer.concat((await object?.body.toArray()) ?? []))).toBe(sha256(photo));
}

const ways: { name: string; options: UploadOptions }[] = [
  { name: 'in one request', options: {} },
  { name: 'in odd pieces', options: { chunkSize: 777_777 } },
  { name: 'with its first bytes in the creation', options: { uploadDataDuringCreation: true, chunkSize: 2_000_000 } },
  { name: 'wholly in the creation', options: { uploadDataDuringCreation: true } },
  { name: 'where PATCH cannot be sent', options: { overridePatchMethod: true, chunkSize: 2_000_000 } },
];
test.each(ways)('stores a photo $name', async ({ options }) => {
  await expectStored((await sent(options)).url);
});

test.each([1_000, 777_777, 2_000_000])(
  'goes on by its URL after an interruption, in pieces of %i',
  async (chunkSize) => {
    const url = await interrupted({ chunkSize }, chunkSize * 2);
    expect(await offsetOf(upload, url)).toBeGreaterThanOrEqual(chunkSize * 2);
    await expectStored((await sent({ chunkSize: 1_234_567, uploadUrl: url })).url);
  },
);

test('goes on in a new session that finds the upload in its store, on another replica', async () => {
  const urlStorage = new FileUrlStorage(join(temporaryFolder(), 'urls.json'));
  const url = await interrupted({ urlStorage, chunkSize: mebibyte }, 2 * mebibyte);
  const { client, ended } = clientOf({ urlStorage, chunkSize: mebibyte });
  const [previous] = await client.findPreviousUploads();
  expect(previous?.uploadUrl).toBe(url);
  if (previous) client.resumeFromPreviousUpload({ ...previous, uploadUrl: url.replace(upload.files, other.files) });
  client.start();
  await ended;
  expect(client.url).toBe(url.replace(upload.files, other.files));
  await expectStored(url);
});

test('is interrupted after each piece and goes on, until the photo is stored', async () => {
  let url = await interrupted({ chunkSize: 700_000 }, 1);
  for (;;) {
    const offset = (await offsetOf(upload, url)) ?? 0;
    if (offset === photo.length) break;
    url = await interrupted({ chunkSize: 700_000, uploadUrl: url }, offset + 1);
  }
  await expectStored(url);
});

test.each(['PutObjectCommand', 'HeadObjectCommand'])(
  'goes on by itself after a 503 (one failed %s)',
  async (command) => {
    const statuses: number[] = [];
    upload.failNext(command);
    const onAfterResponse = (_req: unknown, res: { getStatus(): number }) => void statuses.push(res.getStatus());
    await expectStored((await sent({ onAfterResponse })).url);
    expect(statuses.slice(0, 1)).toEqual([201]);
    expect(statuses.at(-1)).toBeLessThan(300);
  },
);

test('goes on by itself after a 423, once the other writer is gone, without starting over', async () => {
  const url = await interrupted({ chunkSize: mebibyte }, mebibyte);
  // As a lease is taken: under a generation of its own, so that who had it before gives nothing back.
  const sql = `update uploads set holder = $2, generation = generation + 1, lease_until = now() + interval '17 seconds'
    where photo_id = $1`;
  await upload.database.query(sql, [url.split('/').at(-1), randomUUID()]);
  const statuses: number[] = [];
  const onAfterResponse = (_req: unknown, res: { getStatus(): number }) => void statuses.push(res.getStatus());
  expect((await sent({ uploadUrl: url, onAfterResponse })).url).toBe(url);
  expect(statuses[0]).toBe(423);
  expect(statuses).not.toContain(201);
  await expectStored(url);
});

test('starts over by itself when its upload was ended meanwhile', async () => {
  const url = await interrupted({ chunkSize: mebibyte }, mebibyte);
  await Upload.terminate(url, { headers: { cookie: upload.cookie } });
  expect(await head(upload, url)).toMatchObject({ status: 410 });
  const client = await sent({ uploadUrl: url });
  expect(client.url).not.toBe(url);
  await expectStored(client.url);
});
