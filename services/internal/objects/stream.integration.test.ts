import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshBucket, testServers } from '../../../deploy/local/testing.ts';
import { type Objects, openObjects } from './objects.ts';

// On the way to the server the end of everything comes late, as over a network.
const late = { heads: [] as string[], open: new Set<Socket>() };
const server = createServer((near) => {
  const { hostname, port } = new URL(testServers().S3_ENDPOINT);
  const far = connect(Number(port), hostname).setNoDelay(true);
  late.open.add(near);
  far.pipe(near);
  near.on('close', () => {
    late.open.delete(near);
    far.destroy();
  });
  for (const socket of [near, far]) socket.on('error', () => near.destroy());
  let passing = Promise.resolve();
  near.on('data', (data) => {
    if (/^[A-Z]+ \//.test(data.toString('latin1'))) late.heads.push(data.toString('latin1').split('\r\n\r\n')[0] ?? '');
    passing = passing.then(async () => {
      far.write(data.subarray(0, -5));
      await sleep(10);
      far.write(data.subarray(-5));
    });
  });
});
let objects: Objects;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const s3 = testServers();
  objects = openObjects({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ region: s3.S3_REGION, bucket: freshBucket(), forcePathStyle: true },
    ...{ accessKeyId: s3.S3_ACCESS_KEY_ID, secretAccessKey: s3.S3_SECRET_ACCESS_KEY },
  });
});
afterAll(async () => {
  await objects[Symbol.asyncDispose]();
  server.close();
});

const put = (body: Readable, size: number) => objects.put({ key: 'photos/one', body, size, contentType: 'image/jpeg' });

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

test.each([1, 100, 8_191, 65_535, 65_536, 65_537, 131_072, 300_001])(
  'a stream of %i bytes arrives whole with its checksum, and its end is not taken for the next request',
  async (size) => {
    late.heads.length = 0;
    const bytes = randomBytes(size);
    for (const piece of [1_000, 65_536, 1_000_000]) {
      await put(Readable.from(piecesOf(bytes, piece), { objectMode: false }), size);
      expect(await objects.head('photos/one')).toMatchObject({ size, crc32: crc32(bytes) });
    }
    const puts = late.heads.filter((head) => head.startsWith('PUT'));
    expect(puts).toHaveLength(3);
    for (const head of puts) {
      expect(head).toMatch(/^content-length: \d+$/im);
      expect(head).not.toMatch(/^transfer-encoding:/im);
    }
  },
);

async function* failing() {
  yield Buffer.alloc(50_000);
  await sleep(20);
  throw new Error('planned');
}

test.each([
  { name: 'fails', body: failing, why: 'planned' },
  { name: 'is shorter than was said', body: () => [Buffer.alloc(99_999)], why: 'A stream of 100000 bytes had 99999.' },
  { name: 'is longer than was said', body: () => [Buffer.alloc(100_001)], why: 'A stream of 100000 bytes had more.' },
])('a stream that $name breaks its request off, and stores nothing', async ({ body, why }) => {
  await objects.remove(['photos/one']);
  const stream = Readable.from(body(), { objectMode: false });
  const cause = expect.objectContaining({ message: why });
  await expect(put(stream, 100_000)).rejects.toMatchObject({ kind: 'unavailable', cause });
  expect(stream.destroyed).toBe(true);
  expect(await objects.head('photos/one')).toBeUndefined();
  await vi.waitFor(() => expect(late.open.size).toBeLessThanOrEqual(1));
});

test('a stream that has failed before its request began is told of, and ends nothing else', async () => {
  const stream = Readable.from([Buffer.alloc(100_000)], { objectMode: false });
  stream.on('error', () => {});
  stream.destroy(new Error('planned'));
  await expect(put(stream, 100_000)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a stream that nobody reads to its end is let go', async () => {
  const stream = Readable.from([Buffer.alloc(100_000)], { objectMode: false });
  const put = objects.put(
    { key: 'photos/one', body: stream, size: 100_000, contentType: 'image/jpeg' },
    { signal: AbortSignal.abort() },
  );
  await expect(put).rejects.toMatchObject({ kind: 'unavailable' });
  expect(stream.destroyed).toBe(true);
});
