import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startObjectStore } from '../../../deploy/local/servers/objectstore.ts';
import type { Server } from '../../../deploy/local/servers/server.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { durableOnDisk } from './durable.ts';
import { type Objects, openObjects } from './objects.ts';

const mebibyte = 1024 * 1024;
const key = 'e/event/photo/original-1';
const dataDir = temporaryFolder();
const bucketFolder = join(dataDir, 'objects', 'root', 'kilat');
let server: Server;
let objects: Objects;
beforeAll(async () => {
  server = await startObjectStore({ dataDir, own: true });
  objects = doorTo(server);
});
afterAll(async () => {
  await objects[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function doorTo({ env }: Server): Objects {
  return openObjects({
    ...{ endpoint: env.S3_ENDPOINT, bucket: env.S3_BUCKET ?? '', region: env.S3_REGION ?? '', forcePathStyle: true },
    ...{ accessKeyId: env.S3_ACCESS_KEY_ID ?? '', secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '' },
    ...{ syncFolder: env.S3_SYNC_FOLDER, syncSidecar: env.S3_SYNC_SIDECAR },
  });
}

async function begin(door: Objects): Promise<string> {
  const { UploadId = '' } = await door.client.send(new CreateMultipartUploadCommand({ Bucket: door.bucket, Key: key }));
  return UploadId;
}

async function putParts(door: Objects, uploadId: string, bodies: readonly Buffer[]) {
  const where = { Bucket: door.bucket, Key: key, UploadId: uploadId };
  return Promise.all(
    bodies.map(async (Body, at) => {
      const { ETag } = await door.client.send(new UploadPartCommand({ ...where, PartNumber: at + 1, Body }));
      return { PartNumber: at + 1, ETag };
    }),
  );
}

test('objects, multipart uploads and their parts lie where they are synced', async () => {
  const body = Buffer.alloc(6 * mebibyte, 'photo');
  await objects.put({ key: 'e/event/photo/small-1.webp', body, size: body.length, contentType: 'image/webp' });
  const uploadId = await begin(objects);
  await objects.settleMultipart(key, uploadId);
  await expect(objects.settlePart(key, uploadId, 1)).rejects.toMatchObject({ kind: 'unavailable' });
  await putParts(objects, uploadId, [body]);
  await objects.settlePart(key, uploadId, 1);
  await expect(objects.settle(key)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('attributes that are files of their own are synced with their object', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'objects', 'side'), { recursive: true });
  await using other = await startObjectStore({ dataDir: folder, own: true });
  await using door = doorTo(other);
  const body = Buffer.from('photo');
  await door.put({ key: 'e/a/b/small-1.webp', body, size: body.length, contentType: 'image/webp' });
  const uploadId = await begin(door);
  await putParts(door, uploadId, [body]);
  await door.settleMultipart(key, uploadId);
  await door.settlePart(key, uploadId, 1);
  const synced: string[] = [];
  const sideFolder = join(folder, 'objects', 'side', door.bucket);
  const sync = async (path: string) => `${synced.push(relative(sideFolder, path))}`;
  await durableOnDisk({ bucketFolder: join(folder, 'objects', 'root', door.bucket), sideFolder }, sync).settle(
    'e/a/b/small-1.webp',
  );
  expect(synced).toEqual(
    expect.arrayContaining(['e/a/b/small-1.webp/meta/etag', 'e/a/b/small-1.webp/meta', 'e/a/b', '']),
  );
});

// As a power cut leaves it: size and attributes are there, bytes are not.
async function tear(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(100_000), 0, 100_000, 2 * mebibyte);
  await file.close();
}

const ways = [
  { name: 'put', bodies: [Buffer.alloc(3 * mebibyte, 'photo')] },
  { name: 'joined of parts', bodies: [5, 5, 3].map((size) => Buffer.alloc(size * mebibyte, 'part')) },
];
test.each(ways)('an object that was $name is intact until it lost bytes', async ({ name, bodies }) => {
  const [first] = bodies;
  if (name === 'put' && first) await objects.put({ key, body: first, size: first.length, contentType: 'image/jpeg' });
  else {
    const UploadId = await begin(objects);
    const MultipartUpload = { Parts: await putParts(objects, UploadId, bodies) };
    const what = { Bucket: objects.bucket, Key: key, UploadId, MultipartUpload };
    await objects.client.send(new CompleteMultipartUploadCommand(what));
  }
  const { etag = '' } = (await objects.head(key)) ?? {};
  expect(await objects.isIntact(key, etag, 5 * mebibyte)).toBe(true);
  await tear(join(bucketFolder, key));
  expect((await objects.head(key))?.etag).toBe(etag);
  expect(await objects.isIntact(key, etag, 5 * mebibyte)).toBe(false);
});
