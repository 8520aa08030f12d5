import { join } from 'node:path';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { startObjectStore } from '../../../deploy/local/servers/objectstore.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { durableOnDisk } from './durable.ts';
import { openObjects } from './objects.ts';

test('an object and a part lie on disk where they are synced', async () => {
  const dataDir = temporaryFolder();
  await using server = await startObjectStore({ dataDir, own: true });
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket = '', S3_SYNC_FOLDER: syncFolder = '', ...env } = server.env;
  await using objects = openObjects({
    ...{ endpoint, bucket, syncFolder, region: env.S3_REGION ?? '', forcePathStyle: true },
    ...{ accessKeyId: env.S3_ACCESS_KEY_ID ?? '', secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '' },
  });
  const [key, body] = ['e/event/photo/original-1', Buffer.alloc(6 * 1024 * 1024, 'photo')];
  await objects.put({ key: 'e/event/photo/small-1.webp', body, size: body.length, contentType: 'image/webp' });
  const where = { Bucket: bucket, Key: key };
  const { UploadId = '' } = await objects.client.send(new CreateMultipartUploadCommand(where));
  await objects.client.send(new UploadPartCommand({ ...where, UploadId, PartNumber: 2, Body: body }));
  await objects.settlePart(key, UploadId, 2);
  await expect(objects.settlePart(key, UploadId, 3)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(objects.settle(key)).rejects.toMatchObject({ kind: 'unavailable' });
  const synced: string[] = [];
  const durable = durableOnDisk(join(syncFolder, bucket), async (path) => void synced.push(path));
  await durable.settle('e/event/photo/small-1.webp');
  expect(synced.at(-1)).toBe(join(dataDir, 'objects', 'root', bucket));
});
