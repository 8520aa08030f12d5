import type { Database, Queryable } from '../database/database.ts';
import type { Journal } from '../journal/journal.ts';
import type { Logger } from '../log/log.ts';
import { originalKey, photoOfOriginal } from '../objects/key.ts';
import type { ListedObject, Objects } from '../objects/objects.ts';
import { lockTile } from '../photos/pair.ts';
import type { Context } from '../process/context.ts';
import { findLostEvents, listOriginals } from './strays.ts';

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

// So many photos of one event do not go one by one: more likely this is not their bucket.
const mostMissing = 20;
const missingMessage = 'Its original is gone from the bucket.';

/**
 * Compares the originals of one event with its photos. A photo whose original is gone fails, for its team to see, and is an
 * alarm; an original older than `orphanHours` without a photo is put on the quarantine list. Nothing is ever deleted. Where
 * most photos seem to be gone, that is the alarm, and no photo is taken from its guests.
 */
export async function reconcileEvent(deps: ReconcileDeps, eventId: string, orphanHours: number): Promise<Reconciled> {
  // Photos first: what is stored while the bucket is listed is then no orphan, and what is listed later is not missed.
  const photos = new Map((await readPhotos(deps.database, eventId)).map((photo) => [photo.photoId, photo]));
  const before = Date.now() - orphanHours * 3_600_000;
  const [found, orphans] = [new Set<string>(), [] as ListedObject[]];
  for await (const object of listOriginals(deps.objects, eventId)) {
    if (photos.has(object.photoId)) found.add(object.key);
    else if (object.modifiedAt.getTime() < before) orphans.push(object);
  }
  const settled = [...photos.values()].filter((photo) => photo.settled);
  const gone = settled.filter(({ photoId, version }) => !found.has(originalKey(eventId, photoId, version)));
  let quarantined = 0;
  for (const orphan of orphans) if (await quarantine(deps, eventId, orphan)) quarantined += 1;
  return { missing: await failGone(deps, eventId, gone, settled.length), quarantined };
}

async function failGone(deps: ReconcileDeps, eventId: string, gone: readonly PhotoRow[], of: number): Promise<number> {
  if (gone.length > mostMissing && gone.length > of / 2) {
    deps.log.error(
      { event_id: eventId, gone: gone.length, photos: of },
      'most originals are gone: is this the bucket?',
    );
    return gone.length;
  }
  let missing = 0;
  for (const photo of gone) if (await failMissing(deps, eventId, photo)) missing += 1;
  return missing;
}

/**
 * Compares the events whose turn it is, the longest waiting first: one that changed in the last three days every
 * `everySeconds`, the others a day after the last time. Then puts on the list what the bucket holds of unknown events.
 */
export async function reconcileDue(
  ctx: Context,
  deps: ReconcileDeps,
  options: { everySeconds: number; orphanHours: number },
  onReconciled: (reconciled: Reconciled) => void,
): Promise<void> {
  // One event that cannot be compared keeps no other from its turn.
  const compare = async (eventId: string): Promise<boolean> => {
    try {
      onReconciled(await reconcileEvent(deps, eventId, options.orphanHours));
      return true;
    } catch (err) {
      deps.log.error({ err, event_id: eventId }, 'event not compared');
      return false;
    }
  };
  for (const eventId of await readDue(deps.database, options.everySeconds)) {
    if (ctx.cancelled) return;
    if (await compare(eventId)) await remember(deps.database, eventId);
  }
  if (ctx.cancelled) return;
  for (const eventId of await findLostEvents(deps.database, deps.objects)) await compare(eventId);
}

// Nine tenths: a round that comes a little early must not put an event off to the one after.
async function readDue(database: Database, everySeconds: number): Promise<string[]> {
  const rows = await database.query<{ eventId: string }>(
    `select h.event_id as "eventId" from heads h
     left join comparisons c on c.event_id = h.event_id
     left join journal j on j.event_id = h.event_id and j.seq = h.head_seq
     where c.compared_at is null or c.compared_at < now() - make_interval(secs => $1)
       and (j.recorded_at > now() - interval '3 days' or c.compared_at < now() - interval '1 day')
     order by c.compared_at nulls first`,
    [everySeconds * 0.9],
  );
  return rows.map(({ eventId }) => eventId);
}

async function remember(database: Database, eventId: string): Promise<void> {
  await database.query(
    `insert into comparisons (event_id) values ($1) on conflict (event_id) do update set compared_at = now()`,
    [eventId],
  );
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
    message: missingMessage,
  });
  const failed = await journal.commit(eventId, async (tx) => {
    const tile = await lockTile(tx, eventId, photoId);
    const rows = await tx.query(
      `update photos set state = 'failed', processing_error = $3
       where event_id = $1 and photo_id = $2 and state in ('stored', 'ready') returning 1 as one`,
      [eventId, photoId, error],
    );
    if (rows.length === 0) return { value: false, entries: [] };
    await failStages(tx, eventId, photoId);
    return { value: true, entries: await tile.entries({ type: 'photo.failed', photo_id: photoId }) };
  });
  if (failed) log.error({ photo_id: photoId, event_id: eventId }, 'photo without its original');
  return failed;
}

// Also a stage that was done: whoever tries the photo again wants it rendered from what is then there.
async function failStages(tx: Queryable, eventId: string, photoId: string): Promise<void> {
  await tx.query(
    `update stages set state = 'failed', error_class = 'invalid', error = $3, updated_at = now()
     where event_id = $1 and photo_id = $2 and (stage = 'thumbnail' or state in ('due', 'queued'))`,
    [eventId, photoId, missingMessage],
  );
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
