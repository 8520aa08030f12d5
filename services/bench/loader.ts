import { createHash } from 'node:crypto';
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { v7 as uuidv7 } from 'uuid';
import { openDatabase } from '#internal/database/database.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { silentLog } from '#internal/log/log.ts';
import { originalKey } from '#internal/objects/key.ts';
import { openObjects } from '#internal/objects/objects.ts';
import type { Fleet } from '../faults/fleet.ts';

/** Is a file in the bucket that can be stored as many photos. */
export interface Original {
  name: string;
  /** Tells that it must end ready, not failed. */
  good: boolean;
  key: string;
  size: number;
  sha256: string;
  crc32: number;
}

/** Is how a photo ended. */
export interface Ended {
  photoId: string;
  state: 'ready' | 'failed';
  class: string | null;
  /** Are the times from being stored until it was first seen, and until all was there; null where that never came. */
  previewedMs: number | null;
  renderedMs: number | null;
}

/** Stores photos in a fleet as the upload's finish step does it, without the bytes being sent for each. */
export interface Loader extends AsyncDisposable {
  /** Puts a file into the bucket. */
  keep(name: string, bytes: Buffer, good: boolean): Promise<Original>;
  /** Stores a kept file as a new photo and gives its id. */
  store(original: Original): Promise<string>;
  /** Tells which of some photos have ended. */
  ended(photoIds: readonly string[]): Promise<Ended[]>;
  /** Counts the renditions of a photo, and removes all of its files: long runs are larger than disks. */
  remove(photoId: string): Promise<number>;
}

/** Opens a loader of one event. */
export async function openLoader(fleet: Fleet, eventId: string): Promise<Loader> {
  const { env, bucketFolder } = fleet;
  const database = await openDatabase({ url: env.DATABASE_URL ?? '', poolSize: 4, log: silentLog() });
  const journal = createJournal(database, () => {});
  const objects = openObjects({
    endpoint: env.S3_ENDPOINT ?? '',
    region: env.S3_REGION ?? '',
    bucket: env.S3_BUCKET ?? '',
    accessKeyId: env.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '',
    forcePathStyle: true,
  });
  return {
    async keep(name, bytes, good) {
      const key = originalKey(eventId, uuidv7(), 1);
      const size = bytes.byteLength;
      await objects.put({ key, body: bytes, size, contentType: 'application/octet-stream' });
      return { name, good, key, size, sha256: createHash('sha256').update(bytes).digest('hex'), crc32: crc32(bytes) };
    },
    async store(original) {
      const photoId = uuidv7();
      const file = join(bucketFolder, originalKey(eventId, photoId, 1));
      await mkdir(dirname(file), { recursive: true });
      await link(join(bucketFolder, original.key), file);
      await journal.commit(eventId, async (tx) => {
        await tx.query(storing, [eventId, photoId, original.size, original.sha256, original.crc32]);
        await tx.query(`insert into stages (event_id, photo_id, stage) values ($1, $2, 'thumbnail')`, [
          eventId,
          photoId,
        ]);
        return { value: undefined, entries: [{ type: 'photo.stored', photo_id: photoId, count: 1 }] };
      });
      return photoId;
    },
    ended: (photoIds) => database.query<Ended>(ending, [eventId, photoIds]),
    async remove(photoId) {
      const folder = join(bucketFolder, 'e', eventId, photoId);
      const names = await readdir(folder);
      await rm(folder, { recursive: true });
      return names.filter((name) => !name.startsWith('original')).length;
    },
    async [Symbol.asyncDispose]() {
      await objects[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const storing = `insert into photos (event_id, photo_id, file_name, state, size, sha256, crc32, stored_at)
  values ($1, $2, 'DSC_0001.JPG', 'stored', $3, $4, $5, now())`;

const ending = `select photo_id as "photoId", state, processing_error ->> 'class' as class,
    (extract(epoch from previewed.at - stored_at) * 1000)::float8 as "previewedMs",
    (extract(epoch from thumbnails_ready_at - stored_at) * 1000)::float8 as "renderedMs"
  from photos p
  left join lateral (select min(recorded_at) as at from journal j
    where j.event_id = p.event_id and j.photo_id = p.photo_id and j.type = 'photo.previewed') previewed on true
  where event_id = $1 and photo_id = any($2::uuid[]) and state in ('ready', 'failed')`;
