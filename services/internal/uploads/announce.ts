import type { UploadMetadata } from '@kilat/contract';
import type { Uploader } from '../auth/uploader.ts';
import type { Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import { type RoleQuotas, reserve } from '../quotas/quotas.ts';
import { checkRunning } from './running.ts';
import type { UploadWay } from './upload.ts';

/** Is one photo that an uploader announces, and how many bytes it has; its id is ours. */
export interface NewPhoto {
  photoId: string;
  length: number;
  metadata: UploadMetadata;
}

/** Is what an uploader announces together. */
export interface Announcement {
  eventId: string;
  uploader: Uploader;
  way: UploadWay;
  photos: readonly NewPhoto[];
  /** Leases the uploads at once to who will write them now. */
  holder?: string | undefined;
  /** Tells that their bytes come along, so that they run from now on. */
  running?: boolean;
}

/** Bounds what is announced: quotas by role, and how many uploads of one uploader may be open, and run, at once. */
export interface AnnounceLimits {
  quotas: RoleQuotas;
  mostRunning: (uploader: Uploader) => number;
  mostOpen: (uploader: Uploader) => number;
}

/** Announces photos: quotas reserved, photo and upload rows made, all or nothing. Throws quota_exceeded, too_many_uploads. */
export async function announce(tx: Transaction, what: Announcement, limits: AnnounceLimits): Promise<void> {
  const { eventId, uploader, photos } = what;
  const bytes = photos.reduce((sum, { length }) => sum + length, 0);
  await reserve(tx, { eventId, uploader, photos: photos.length, bytes }, limits.quotas);
  await checkOpen(tx, what, limits.mostOpen(uploader));
  if (what.running === true) await checkRunning(tx, uploader, limits.mostRunning(uploader));
  const rows = JSON.stringify(photos.map(rowOf));
  await insertPhotos(tx, what, rows);
  await insertUploads(tx, what, rows);
}

// The reservation above serialises an uploader's announcements: two of them do not both find room.
async function checkOpen(tx: Transaction, { uploader, photos }: Announcement, most: number): Promise<void> {
  if (!Number.isFinite(most)) return;
  const [row] = await tx.query<{ open: number }>(
    `select count(*)::int as open from (select from uploads where uploader_id = $1 and state = 'open' limit $2) o`,
    [uploader.uploaderId, most + 1],
  );
  if ((row?.open ?? 0) + photos.length <= most) return;
  throw new Fault('exhausted', `At most ${most} uploads may wait at once: end some first.`, {
    code: 'too_many_uploads',
    retryAfter: 10,
  });
}

function rowOf({ photoId, length, metadata }: NewPhoto) {
  const { last_modified } = metadata;
  return {
    ...metadata,
    photo_id: photoId,
    length,
    metadata,
    last_modified: last_modified === undefined ? null : new Date(Number(last_modified)).toISOString(),
  };
}

async function insertPhotos(tx: Transaction, { eventId, uploader }: Announcement, rows: string): Promise<void> {
  await tx.query(
    `insert into photos (event_id, photo_id, account_id, uploader_id, uploader_name, file_name, content_type, size, sha256,
       last_modified, album_id, job_id)
     select $1, r.photo_id, $2, $3, coalesce((select name from accounts where account_id = $2), $4), r.filename, r.filetype,
       r.length, r.sha256, r.last_modified, r.album_id, r.job_id
     from json_to_recordset($5::json) r(photo_id uuid, filename text, filetype text, length bigint, sha256 text,
       last_modified timestamptz, album_id uuid, job_id uuid)`,
    [eventId, uploader.accountId, uploader.uploaderId, uploader.name, rows],
  );
}

async function insertUploads(tx: Transaction, what: Announcement, rows: string): Promise<void> {
  const { eventId, uploader, way, holder = null } = what;
  await tx.query(
    `insert into uploads (event_id, photo_id, account_id, uploader_id, way, length, metadata, holder, generation, lease_until)
     select $1, r.photo_id, $2, $3, $4, r.length, r.metadata, $5::uuid,
       case when $5::uuid is null then 0 else 1 end,
       case when $5::uuid is null then null else now() + interval '10 seconds' end
     from json_to_recordset($6::json) r(photo_id uuid, length bigint, metadata json)`,
    [eventId, uploader.accountId, uploader.uploaderId, way, holder, rows],
  );
}
