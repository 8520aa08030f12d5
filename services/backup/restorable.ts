import type { KnownSums } from '#internal/backups/sums.ts';
import type { Database } from '#internal/database/database.ts';

/** Is a stored photo as restoring needs it. */
export interface StoredPhoto extends KnownSums {
  photoId: string;
  version: number;
  contentType: string;
  storedSeq: number;
}

/** Is a copy of which somebody knows. */
export interface FoundCopy {
  provider: string;
  backupUrl: string;
  sha256: string | null;
}

const pageSize = 500;

/** Reads the next photos of an event in the order in which they were stored, and how many there are in all. */
export async function readLost(
  database: Database,
  eventId: string,
  after: number,
): Promise<{ photos: StoredPhoto[]; total: number }> {
  const where = `event_id = $1 and stored_seq is not null and state <> 'deleted'`;
  const photos = await database.query<StoredPhoto>(
    `select photo_id as "photoId", original_version as version, stored_seq as "storedSeq", size, sha256, crc32,
       coalesce(content_type, 'application/octet-stream') as "contentType"
     from photos where ${where} and stored_seq > $2 order by stored_seq limit ${pageSize}`,
    [eventId, after],
  );
  const [row] = await database.query<{ total: number }>(`select count(*)::int as total from photos where ${where}`, [
    eventId,
  ]);
  return { photos, total: row?.total ?? 0 };
}

/** Reads where copies of a photo are, or may be: those first that were proved. */
export function findCopies(
  database: Database,
  eventId: string,
  { photoId, version }: StoredPhoto,
): Promise<FoundCopy[]> {
  return database.query<FoundCopy>(
    `select provider, backup_url as "backupUrl", sha256 from backups
     where event_id = $1 and photo_id = $2 and version = $3 and backup_url is not null and state in ('done', 'due', 'failed')
     order by state = 'done' desc`,
    [eventId, photoId, version],
  );
}

/** Lists the photos of an event that failed because their original was gone. */
export async function readMissing(database: Database, eventId: string): Promise<string[]> {
  const rows = await database.query<{ photoId: string }>(
    `select photo_id as "photoId" from photos where event_id = $1 and state = 'failed'
     and processing_error ->> 'code' = 'photo_missing'`,
    [eventId],
  );
  return rows.map(({ photoId }) => photoId);
}
