import type { Uploader } from '../auth/uploader.ts';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { release as releaseQuota } from '../quotas/quotas.ts';
import { type AnnounceLimits, type Announcement, announce } from './announce.ts';
import { checkRunning } from './running.ts';
import type { Progress, Upload, UploadState } from './upload.ts';

/** Is the outcome of asking for an upload's lease. */
export type Acquired = { upload: Upload } | { held: true } | undefined;

const columns = `event_id as "eventId", photo_id as "photoId", uploader_id as "uploaderId", account_id as "accountId", way, state, refusal, length, received,
  metadata, multipart_id as "multipartId", parts, tails, sniffed, crc32, generation, first_byte_at as "firstByteAt", expires_at as "expiresAt"`;
const leaseTerm = `interval '10 seconds'`;
// What is silent for so long is given up: the column's default says the same of a new upload.
const openTerm = `interval '48 hours'`;

/** Keeps uploads; leases go by the database's clock, and every write names the generation that it holds. */
export function uploadStore(database: Database, limits: AnnounceLimits) {
  return {
    announce: (announcement: Announcement) => database.transaction((tx) => announce(tx, announcement, limits)),
    find: (eventId: string, photoId: string) => find(database, eventId, photoId),
    /** Leases an upload. One who will write it is counted among the uploader's running ones: throws too_many_uploads. */
    acquire: (eventId: string, photoId: string, holder: string, writer?: Uploader) =>
      acquire(database, { eventId, photoId, holder, writer }, limits),
    renew: (upload: Upload) => renew(database, upload),
    release: (upload: Upload) => release(database, upload),
    advance: (upload: Upload, progress: Progress) => advance(database, upload, progress),
    settle: (upload: Upload, state: EndState, refusal: string) =>
      database.transaction((tx) => settle(tx, upload, state, refusal)),
  };
}

/** Names how an upload ends without a photo. */
export type EndState = Exclude<UploadState, 'open' | 'finished'>;
export type UploadStore = ReturnType<typeof uploadStore>;

async function find(from: Queryable, eventId: string, photoId: string): Promise<Upload | undefined> {
  const [row] = await from.query<Upload>(`select ${columns} from uploads where event_id = $1 and photo_id = $2`, [
    eventId,
    photoId,
  ]);
  return row;
}

interface Wanted {
  eventId: string;
  photoId: string;
  holder: string;
  writer: Uploader | undefined;
}

async function acquire(database: Database, who: Wanted, limits: AnnounceLimits): Promise<Acquired> {
  const { eventId, photoId, writer } = who;
  const most = writer === undefined ? Number.POSITIVE_INFINITY : limits.mostRunning(writer);
  const upload =
    writer === undefined || !Number.isFinite(most)
      ? await lease(database, who)
      : await database.transaction(async (tx) => {
          await checkRunning(tx, writer, most, photoId);
          return lease(tx, who);
        });
  if (upload !== undefined) return { upload };
  const asked = await database.query(
    `update uploads set wanted = true where event_id = $1 and photo_id = $2 returning 1 as one`,
    [eventId, photoId],
  );
  return asked.length > 0 ? { held: true } : undefined;
}

async function lease(db: Queryable, { eventId, photoId, holder }: Wanted): Promise<Upload | undefined> {
  const [row] = await db.query<Upload>(
    `update uploads set holder = $3, generation = generation + 1, lease_until = now() + ${leaseTerm}, wanted = false
     where event_id = $1 and photo_id = $2 and (holder is null or lease_until < now()) returning ${columns}`,
    [eventId, photoId, holder],
  );
  return row;
}

/** Tells whether the lease is still held, and whether somebody else waits for it. */
async function renew(db: Queryable, upload: Upload): Promise<{ held: boolean; wanted: boolean }> {
  const [row] = await db.query<{ wanted: boolean }>(
    `update uploads set lease_until = now() + ${leaseTerm}
     where event_id = $1 and photo_id = $2 and generation = $3 and holder is not null returning wanted`,
    [upload.eventId, upload.photoId, upload.generation],
  );
  return { held: row !== undefined, wanted: row?.wanted ?? false };
}

// That bytes had come is kept also where none of them could be stored.
async function release(db: Queryable, upload: Upload): Promise<void> {
  await db.query(
    `update uploads set holder = null, lease_until = null, first_byte_at = coalesce(first_byte_at, $4)
     where event_id = $1 and photo_id = $2 and generation = $3`,
    [upload.eventId, upload.photoId, upload.generation, upload.firstByteAt],
  );
}

/** Commits progress; false when the upload has passed to another writer or is no longer open. */
async function advance(db: Queryable, upload: Upload, to: Progress): Promise<boolean> {
  const rows = await db.query(
    `update uploads set received = $4, crc32 = $5, multipart_id = $6, parts = $7, tails = $8, sniffed = $9,
       last_activity_at = now(), expires_at = now() + ${openTerm}, first_byte_at = coalesce(first_byte_at, $10)
     where event_id = $1 and photo_id = $2 and generation = $3 and state = 'open' returning 1 as one`,
    [
      ...[upload.eventId, upload.photoId, upload.generation, to.received, to.crc32, to.multipartId],
      ...[JSON.stringify(to.parts), JSON.stringify(to.tails), to.sniffed === null ? null : JSON.stringify(to.sniffed)],
      upload.firstByteAt,
    ],
  );
  return rows.length > 0;
}

// The one change of state away from open gives the reservation back: it happens once.
async function settle(tx: Transaction, upload: Upload, state: EndState, refusal: string): Promise<boolean> {
  const rows = await tx.query(
    `update uploads set state = $4, refusal = $5, last_activity_at = now()
     where event_id = $1 and photo_id = $2 and generation = $3 and state = 'open' returning 1 as one`,
    [upload.eventId, upload.photoId, upload.generation, state, refusal],
  );
  if (rows.length === 0) return false;
  await releaseQuota(tx, upload);
  const error = JSON.stringify({ class: 'invalid', code: refusal, message: 'The upload ended.' });
  await tx.query(
    `update photos set state = $4, processing_error = $3 where event_id = $1 and photo_id = $2 and state = 'announced'`,
    [upload.eventId, upload.photoId, error, state === 'ended' ? 'deleted' : 'failed'],
  );
  return true;
}
