import { Fault } from '#internal/fault/fault.ts';
import { isLimited } from '#internal/objects/failure.ts';
import { eventPrefix, originalKey, versionOfOriginal } from '#internal/objects/key.ts';
import { type ObjectInfo, type Objects, type ObjectsOptions, openObjects } from '#internal/objects/objects.ts';
import type { Copy, FarSide, Provider } from './provider.ts';

/** Is how vendors of S3 differ in what counts here. */
export interface S3Profile {
  forcePathStyle: boolean;
  /** Tells that it takes and keeps checksums: SHA-256 and CRC32. */
  checksums: boolean;
  /** Tells that the ETag of an object put in one piece is its MD5. */
  etagIsMd5: boolean;
}

/** Lists what is known of vendors; `other` trusts none of it and reads each copy again. */
export const s3Profiles = {
  aws: { forcePathStyle: false, checksums: true, etagIsMd5: false },
  r2: { forcePathStyle: true, checksums: false, etagIsMd5: true },
  minio: { forcePathStyle: true, checksums: true, etagIsMd5: false },
  versitygw: { forcePathStyle: true, checksums: true, etagIsMd5: false },
  other: { forcePathStyle: true, checksums: false, etagIsMd5: false },
} satisfies Record<string, S3Profile>;

/** Says where a bucket for second copies is. */
export type S3Place = Omit<ObjectsOptions, 'forcePathStyle' | 'checksums'>;

/** Opens a bucket for second copies: they lie under the same keys as the originals. */
export function openS3Provider(name: string, place: S3Place, profile: S3Profile): Provider {
  const objects = openObjects({ ...place, ...profile });
  const scheme = `s3://${place.bucket}/`;
  const keyOf = (address: string) => address.slice(scheme.length);
  const farSideOf = (found: ObjectInfo): FarSide => ({ size: found.size, sums: sumsOf(found, profile) });
  return {
    name,
    reserve: async (copy) => scheme + keyOfCopy(copy),
    async put(copy, signal) {
      const address = scheme + keyOfCopy(copy);
      const there = await told(() => objects.head(keyOf(address)));
      if (there !== undefined && isSame(farSideOf(there), copy)) return { address, ...farSideOf(there) };
      await told(() => send(objects, copy, profile, signal));
      return { address, size: copy.size, sums: {} };
    },
    async check(address) {
      const found = await told(() => objects.head(keyOf(address)));
      return found && farSideOf(found);
    },
    read: async (address, signal) => (await told(() => objects.get(keyOf(address), { signal })))?.body,
    remove: (address) => told(() => objects.removeForGood(keyOf(address))),
    async putHead({ eventId, name: headName, text }, signal) {
      const [key, body] = [`heads/${eventId}/${headName}.json`, Buffer.from(text)];
      const object = { key, body, size: body.length, contentType: 'application/json' };
      await told(() => objects.put(object, { signal }));
    },
    async *list(eventId) {
      for await (const { key, size } of objects.list(eventPrefix(eventId))) {
        const original = versionOfOriginal(key);
        if (original !== undefined) yield { address: scheme + key, ...original, size };
      }
    },
    [Symbol.asyncDispose]: () => objects[Symbol.asyncDispose](),
  };
}

function keyOfCopy({ eventId, photoId, version }: Copy): string {
  return originalKey(eventId, photoId, version);
}

// Where the server keeps checksums, it takes no other bytes than those that were announced.
async function send(objects: Objects, copy: Copy, { checksums }: S3Profile, signal: AbortSignal): Promise<void> {
  const body = await copy.open(signal);
  const sha256 = checksums ? copy.sha256 : undefined;
  // The client waits for bytes that no longer come.
  const broken = new AbortController();
  body.once('error', () => broken.abort());
  try {
    const { size, contentType } = copy;
    await objects.put(
      { key: keyOfCopy(copy), body, size, contentType, sha256 },
      { signal: AbortSignal.any([signal, broken.signal]) },
    );
  } finally {
    body.destroy();
  }
}

function sumsOf({ sha256, crc32, etag }: ObjectInfo, { etagIsMd5 }: S3Profile): FarSide['sums'] {
  const md5 = etagIsMd5 ? /^"([0-9a-f]{32})"$/.exec(etag)?.[1] : undefined;
  return { sha256, crc32, md5 };
}

// Only what says that the bytes are the same spares sending them.
function isSame({ size, sums }: FarSide, copy: Copy): boolean {
  if (size !== copy.size) return false;
  if (sums.sha256 !== undefined && copy.sha256 !== undefined) return sums.sha256 === copy.sha256;
  return sums.crc32 !== undefined && sums.crc32 === copy.crc32;
}

async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isLimited(error))
      throw new Fault('exhausted', 'The provider limits how fast it is asked.', { cause: error, class: 'rate_limit' });
    if (error instanceof Fault && error.kind === 'unavailable')
      throw new Fault('unavailable', 'The provider is not available.', {
        cause: error,
        class: error.class ?? 'server',
      });
    throw error;
  }
}
