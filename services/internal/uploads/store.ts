import type { UploadMetadata } from '@kilat/contract';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import type { Progress, Upload } from './upload.ts';

/** Is what an uploader announces: one photo and how many bytes it has. */
export interface Announcement {
  eventId: string;
  photoId: string;
  accountId: string;
  length: number;
  metadata: UploadMetadata;
}

/** Is the outcome of asking for an upload's lease. */
export type Acquired = { upload: Upload } | { held: true } | undefined;

const columns = `event_id as "eventId", photo_id as "photoId", account_id as "accountId", state, refusal, length, received,
  metadata, multipart_id as "multipartId", parts, tails, sniffed, crc32, generation, first_byte_at as "firstByteAt"`;
const leaseTerm = `interval '10 seconds'`;

/** Keeps uploads; leases go by the database's clock, and every write names the generation that it holds. */
export function uploadStore(database: Database) {
  return {
    announce: (announcement: Announcement, holder: string) =>
      database.transaction((tx) => announce(tx, announcement, holder)),
    find: (eventId: string, photoId: string) => find(database, eventId, photoId),
    acquire: (eventId: string, photoId: string, holder: string) => acquire(database, { eventId, photoId, holder }),
    renew: (upload: Upload) => renew(database, upload),
    release: (upload: Upload) => release(database, upload),
    advance: (upload: Upload, progress: Progress) => advance(database, upload, progress),
    settle: (upload: Upload, state: 'refused' | 'gone', refusal: string) =>
      database.transaction((tx) => settle(tx, upload, state, refusal)),
    abandoned: (idleSeconds: number, limit: number) => abandoned(database, idleSeconds, limit),
  };
}
export type UploadStore = ReturnType<typeof uploadStore>;

async function announce(tx: Transaction, a: Announcement, holder: string): Promise<Upload | undefined> {
  const { filename, filetype, last_modified, sha256, album_id, job_id } = a.metadata;
  const modified = last_modified === undefined ? null : new Date(Number(last_modified));
  await tx.query(
    `insert into photos (event_id, photo_id, account_id, uploader_name, file_name, content_type, size, sha256, last_modified, album_id, job_id)
     values ($1, $2, $3, (select name from accounts where account_id = $3), $4, $5, $6, $7, $8, $9, $10)`,
    [
      a.eventId,
      a.photoId,
      a.accountId,
      filename,
      filetype ?? null,
      a.length,
      sha256 ?? null,
      modified,
      album_id ?? null,
      job_id ?? null,
    ],
  );
  const [row] = await tx.query<Upload>(
    `insert into uploads (event_id, photo_id, account_id, length, metadata, crc32, holder, generation, lease_until)
     values ($1, $2, $3, $4, $5, 0, $6, 1, now() + ${leaseTerm}) returning ${columns}`,
    [a.eventId, a.photoId, a.accountId, a.length, JSON.stringify(a.metadata), holder],
  );
  return row;
}

async function find(from: Queryable, eventId: string, photoId: string): Promise<Upload | undefined> {
  const [row] = await from.query<Upload>(`select ${columns} from uploads where event_id = $1 and photo_id = $2`, [
    eventId,
    photoId,
  ]);
  return row;
}

async function acquire(db: Queryable, who: { eventId: string; photoId: string; holder: string }): Promise<Acquired> {
  const key = [who.eventId, who.photoId];
  const [row] = await db.query<Upload>(
    `update uploads set holder = $3, generation = generation + 1, lease_until = now() + ${leaseTerm}, wanted = false
     where event_id = $1 and photo_id = $2 and (holder is null or lease_until < now()) returning ${columns}`,
    [...key, who.holder],
  );
  if (row !== undefined) return { upload: row };
  const asked = await db.query(
    `update uploads set wanted = true where event_id = $1 and photo_id = $2 returning 1 as one`,
    key,
  );
  return asked.length > 0 ? { held: true } : undefined;
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

async function release(db: Queryable, upload: Upload): Promise<void> {
  await db.query(
    `update uploads set holder = null, lease_until = null where event_id = $1 and photo_id = $2 and generation = $3`,
    [upload.eventId, upload.photoId, upload.generation],
  );
}

/** Commits progress; false when the upload has passed to another writer or is no longer open. */
async function advance(db: Queryable, upload: Upload, to: Progress): Promise<boolean> {
  const rows = await db.query(
    `update uploads set received = $4, crc32 = $5, multipart_id = $6, parts = $7, tails = $8, sniffed = $9,
       last_activity_at = now(), first_byte_at = coalesce(first_byte_at, $10)
     where event_id = $1 and photo_id = $2 and generation = $3 and state = 'open' returning 1 as one`,
    [
      ...[upload.eventId, upload.photoId, upload.generation, to.received, to.crc32, to.multipartId],
      ...[JSON.stringify(to.parts), JSON.stringify(to.tails), to.sniffed === null ? null : JSON.stringify(to.sniffed)],
      upload.firstByteAt,
    ],
  );
  return rows.length > 0;
}

async function settle(tx: Transaction, upload: Upload, state: 'refused' | 'gone', refusal: string): Promise<void> {
  const rows = await tx.query(
    `update uploads set state = $4, refusal = $5, last_activity_at = now()
     where event_id = $1 and photo_id = $2 and generation = $3 and state = 'open' returning 1 as one`,
    [upload.eventId, upload.photoId, upload.generation, state, refusal],
  );
  if (rows.length === 0) return;
  await tx.query(
    `update photos set state = 'failed', processing_error = $3 where event_id = $1 and photo_id = $2 and state = 'announced'`,
    [upload.eventId, upload.photoId, JSON.stringify({ class: 'invalid', code: refusal, message: 'The upload ended.' })],
  );
}

async function abandoned(
  db: Queryable,
  idleSeconds: number,
  limit: number,
): Promise<{ eventId: string; photoId: string }[]> {
  return db.query(
    `select event_id as "eventId", photo_id as "photoId" from uploads
     where state = 'open' and (holder is null or lease_until < now()) and last_activity_at < now() - make_interval(secs => $1)
     order by last_activity_at limit $2`,
    [idleSeconds, limit],
  );
}
