import type { Database } from '../database/database.ts';
import type { Journal } from '../journal/journal.ts';
import type { Logger } from '../log/log.ts';
import { eventPrefix, originalKey, photoOfOriginal } from '../objects/key.ts';
import type { ListedObject, Objects } from '../objects/objects.ts';

/** Is what comparing bucket and database needs. */
export interface ReconcileDeps {
  database: Database;
  objects: Objects;
  journal: Journal;
  log: Logger;
}

/** Counts what one comparison found. */
export interface Reconciled {
  missing: number;
  quarantined: number;
}

interface PhotoRow {
  photoId: string;
  version: number;
  settled: boolean;
}

/**
 * Compares the originals of one event with its photos. A photo whose original is gone fails, for its team to see, and is an
 * alarm; an original older than `orphanHours` without a photo is put on the quarantine list. Nothing is ever deleted.
 */
export async function reconcileEvent(deps: ReconcileDeps, eventId: string, orphanHours: number): Promise<Reconciled> {
  // Photos first: what is stored while the bucket is listed is then no orphan, and what is listed later is not missed.
  const photos = new Map((await readPhotos(deps.database, eventId)).map((photo) => [photo.photoId, photo]));
  const before = Date.now() - orphanHours * 3_600_000;
  const [found, orphans] = [new Set<string>(), [] as ListedObject[]];
  for await (const object of deps.objects.list(eventPrefix(eventId))) {
    const photoId = photoOfOriginal(object.key);
    if (photoId === undefined) continue;
    if (photos.has(photoId)) found.add(object.key);
    else if (object.modifiedAt.getTime() < before) orphans.push(object);
  }
  let [missing, quarantined] = [0, 0];
  for (const photo of photos.values()) {
    if (!photo.settled || found.has(originalKey(eventId, photo.photoId, photo.version))) continue;
    if (await failMissing(deps, eventId, photo)) missing += 1;
  }
  for (const orphan of orphans) if (await quarantine(deps, eventId, orphan)) quarantined += 1;
  return { missing, quarantined };
}

// Only what was stored a while ago: a listing may be behind what was just put.
function readPhotos(database: Database, eventId: string): Promise<PhotoRow[]> {
  return database.query<PhotoRow>(
    `select photo_id as "photoId", original_version as version,
       state in ('stored', 'ready') and stored_at < now() - interval '10 minutes' as settled
     from photos where event_id = $1`,
    [eventId],
  );
}

// The object itself is asked for once more: a false alarm would take a good photo from its guests.
async function failMissing(
  { objects, journal, log }: ReconcileDeps,
  eventId: string,
  photo: PhotoRow,
): Promise<boolean> {
  const { photoId, version } = photo;
  if ((await objects.head(originalKey(eventId, photoId, version))) !== undefined) return false;
  const error = JSON.stringify({
    class: 'server',
    code: 'photo_missing',
    message: 'Its original is gone from the bucket.',
  });
  const failed = await journal.commit(eventId, async (tx) => {
    const rows = await tx.query(
      `update photos set state = 'failed', processing_error = $3
       where event_id = $1 and photo_id = $2 and state in ('stored', 'ready') returning 1 as one`,
      [eventId, photoId, error],
    );
    const value = rows.length > 0;
    return { value, entries: value ? [{ type: 'photo.failed', photo_id: photoId, count: -1 }] : [] };
  });
  if (failed) log.error({ photo_id: photoId, event_id: eventId }, 'photo without its original');
  return failed;
}

async function quarantine({ database, log }: ReconcileDeps, eventId: string, orphan: ListedObject): Promise<boolean> {
  const { key, size, modifiedAt } = orphan;
  const rows = await database.query(
    `insert into quarantine (key, size, object_at, reason)
     select $1, $2, $3, 'object_without_row' where not exists (select from photos where event_id = $4 and photo_id = $5)
     on conflict (key) do nothing returning 1 as one`,
    [key, size, modifiedAt, eventId, photoOfOriginal(key)],
  );
  if (rows.length > 0) log.warn({ key, event_id: eventId }, 'original without a photo');
  return rows.length > 0;
}
