import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { CreateBucketCommand, ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { type Objects, openObjects } from '#internal/objects/objects.ts';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { freePort } from '../../../deploy/local/port.ts';
import { say } from '../../../deploy/local/progress.ts';
import { ensurePython } from '../../../deploy/local/python.ts';
import { answers } from '../../../deploy/local/ready.ts';
import { startServer } from '../../../deploy/local/servers/server.ts';
import { freshBucket, temporaryFolder, testServers } from '../../../deploy/local/testing.ts';
import type { Copy, Provider } from './provider.ts';
import { openS3Provider, type S3Place, s3Profiles } from './s3.ts';

interface Place extends AsyncDisposable {
  place: S3Place;
  profile: keyof typeof s3Profiles;
}

async function versitygw(): Promise<Place> {
  const servers = testServers();
  const [accessKeyId, secretAccessKey] = [servers.S3_ACCESS_KEY_ID, servers.S3_SECRET_ACCESS_KEY];
  const place = { endpoint: servers.S3_ENDPOINT, region: servers.S3_REGION, bucket: freshBucket() };
  return {
    place: { ...place, accessKeyId, secretAccessKey },
    profile: 'versitygw',
    [Symbol.asyncDispose]: async () => {},
  };
}

// A server of other hands, whose bucket keeps versions, spoken to as to one that takes no checksums.
async function moto(): Promise<Place> {
  const python = await ensurePython('moto-5.2.5', ['moto[server]==5.2.5'], say);
  const port = await freePort();
  const command = [python.program, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const env = { ...process.env, PYTHONPATH: python.path, PYTHONDONTWRITEBYTECODE: '1' };
  const endpoint = `http://127.0.0.1:${port}`;
  const program = { name: 'moto', command, env, dataDir: temporaryFolder() };
  const server = await startServer(program, {}, () => answers(`${endpoint}/moto-api/`));
  const place = { endpoint, region: 'us-east-1', bucket: 'copies', accessKeyId: 'kilat', secretAccessKey: 'secret' };
  await using objects = openObjects({ ...place, forcePathStyle: true });
  await objects.client.send(new CreateBucketCommand({ Bucket: place.bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await objects.client.send(new PutBucketVersioningCommand({ Bucket: place.bucket, VersioningConfiguration }));
  return { place, profile: 'r2', [Symbol.asyncDispose]: () => server.stop() };
}

const servers = { versitygw, ...(process.env.KILAT_TEST_SIZE === 'full' && { moto }) };
const signal = AbortSignal.timeout(patienceMs);

function copyOf(eventId: string, bytes: Buffer) {
  let opened = 0;
  const copy: Copy = {
    ...{ eventId, photoId: randomUUID(), version: 1, size: bytes.length, crc32: crc32(bytes) },
    ...{ sha256: createHash('sha256').update(bytes).digest('hex'), contentType: 'image/jpeg', fileName: 'DSC.JPG' },
    open: async () => {
      opened += 1;
      return Readable.from([bytes], { objectMode: false });
    },
  };
  return { copy, opened: () => opened };
}

describe.each(Object.entries(servers))('a bucket of %s', (_name, open) => {
  let server: Place;
  let provider: Provider;
  let objects: Objects;
  const eventId = randomUUID();
  const bytes = randomBytes(700_000);
  beforeAll(async () => {
    server = await open();
    provider = openS3Provider('off-site', server.place, s3Profiles[server.profile]);
    objects = openObjects({ ...server.place, ...s3Profiles[server.profile] });
  });
  afterAll(async () => {
    await provider[Symbol.asyncDispose]();
    await objects[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('keeps a copy under the key of its original, says its size and a hash, and gives it back', async () => {
    const { copy } = copyOf(eventId, bytes);
    const address = await provider.reserve?.(copy, signal);
    expect(await provider.put(copy, signal)).toMatchObject({ address, size: bytes.length });
    expect(address).toBe(`s3://${server.place.bucket}/${originalKey(eventId, copy.photoId, 1)}`);
    const far = await provider.check(address ?? '', signal);
    const md5 = createHash('md5').update(bytes).digest('hex');
    expect(far?.size).toBe(bytes.length);
    expect(Object.values(far?.sums ?? {}).filter(Boolean)).not.toEqual([]);
    expect([copy.sha256, copy.crc32, md5]).toEqual(
      expect.arrayContaining(Object.values(far?.sums ?? {}).filter(Boolean)),
    );
    const body = await provider.read(address ?? '', signal);
    expect(body && (await buffer(body))).toEqual(bytes);
  });

  test('puts a repeat in the place of the first, and sends nothing where the far side proves that it has it', async () => {
    const { copy, opened } = copyOf(eventId, bytes);
    const { address } = await provider.put(copy, signal);
    await provider.put(copy, signal);
    expect(opened()).toBe(s3Profiles[server.profile].checksums ? 1 : 2);
    const other = randomBytes(bytes.length);
    await objects.put({
      key: originalKey(eventId, copy.photoId, 1),
      body: other,
      size: other.length,
      contentType: 'a/b',
    });
    await provider.put(copy, signal);
    const body = await provider.read(address, signal);
    expect(body && (await buffer(body))).toEqual(bytes);
  });

  test('lists the copies of one event, and heads are none', async () => {
    const own = randomUUID();
    const { copy } = copyOf(own, bytes);
    const { address } = await provider.put(copy, signal);
    await provider.putHead({ eventId: own, name: 'epoch-1', text: '{}' }, signal);
    expect(await Array.fromAsync(provider.list(own, signal))).toEqual([
      { address, photoId: copy.photoId, version: 1, size: bytes.length },
    ]);
  });

  test('removes a copy for good, with what the bucket kept of it, and one that is not there without a word', async () => {
    const { copy } = copyOf(eventId, bytes);
    const { address } = await provider.put(copy, signal);
    await provider.put({ ...copy, sha256: undefined, crc32: undefined }, signal);
    await provider.remove(address, signal);
    await provider.remove(address, signal);
    expect([await provider.check(address, signal), await provider.read(address, signal)]).toEqual([
      undefined,
      undefined,
    ]);
    const left = await objects.client.send(
      new ListObjectVersionsCommand({ Bucket: server.place.bucket, Prefix: originalKey(eventId, copy.photoId, 1) }),
    );
    expect([...(left.Versions ?? []), ...(left.DeleteMarkers ?? [])]).toEqual([]);
  });

  test('bytes that break off leave no copy', async () => {
    const { copy } = copyOf(eventId, bytes);
    const broken = async () =>
      Readable.from(
        (async function* () {
          yield bytes.subarray(0, 100_000);
          throw new Error('planned');
        })(),
        { objectMode: false },
      );
    await expect(provider.put({ ...copy, open: broken }, signal)).rejects.toThrow();
    expect(await provider.check((await provider.reserve?.(copy, signal)) ?? '', signal)).toBeUndefined();
  });

  test('a bucket that is not there means that the provider is not available, and the message tells nothing of it', async () => {
    const place = { ...server.place, bucket: 'nowhere' };
    await using other = openS3Provider('other', place, s3Profiles[server.profile]);
    const { copy } = copyOf(eventId, bytes);
    await expect(other.put(copy, signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The provider is not available.',
    });
  });
});
