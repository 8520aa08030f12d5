import type { Database, Queryable } from '../database/database.ts';
import type { Upload } from './upload.ts';

/** Names an upload that somebody should look at. */
export interface Neglected {
  eventId: string;
  photoId: string;
}

/** Is one that may be complete; `isNew` where nobody has looked since something happened to it. */
type Unfinished = Neglected & { isNew: boolean };
type Leftover = Neglected & Pick<Upload, 'multipartId' | 'tails'>;

const key = `u.event_id as "eventId", u.photo_id as "photoId"`;
const free = `(holder is null or lease_until < now())`;
/*
 * Looked at in vain, an upload waits for the next look a quarter of an hour, then twice as long, up to two hours: a card of
 * 5,000 files that was never sent must not keep the sweeper from others. Whatever happens to it makes it new.
 */
const lookAgain = `(swept_at is null or swept_at < last_activity_at
  or swept_at < now() - greatest(interval '15 minutes', least(swept_at - last_activity_at, interval '2 hours')))`;
// Who expired was looked at before: what counts is a look since then.
const lookAgainExpired = `(swept_at is null or swept_at < expires_at or swept_at < now() - interval '15 minutes')`;

/** Finds uploads that nobody takes care of any more. Each is given to one caller, the longest neglected first. */
export function neglectedUploads(database: Database) {
  const take = <Row extends Neglected>(where: string, order: string, params: readonly number[], columns = key) =>
    database.query<Row>(
      `with taken as (
         select event_id, photo_id, coalesce(swept_at < last_activity_at, true) as is_new from uploads
         where ${where} order by ${order} limit $1 for update skip locked
       ) update uploads u set swept_at = now() from taken
       where u.event_id = taken.event_id and u.photo_id = taken.photo_id returning ${columns}`,
      params,
    );
  return {
    /**
     * Takes open uploads that may be complete although nobody said so: some writer had them, or the bucket may have got them
     * straight from a browser. What was only announced is left alone.
     */
    unfinished: (idleSeconds: number, limit: number): Promise<Unfinished[]> =>
      take(
        `state = 'open' and ${free} and expires_at >= now() and (generation > 0 or way = 'presigned')
         and last_activity_at < now() - make_interval(secs => $2) and (received = length or ${lookAgain})`,
        'coalesce(swept_at, last_activity_at)',
        [limit, idleSeconds],
        `${key}, is_new as "isNew"`,
      ),
    /** Takes open uploads whose time is over. */
    expired: (limit: number): Promise<Neglected[]> =>
      take(
        `state = 'open' and ${free} and expires_at < now() and ${lookAgainExpired}`,
        'coalesce(swept_at, expires_at)',
        [limit],
      ),
    /** Takes uploads that ended without a photo and of which the bucket may still keep something. */
    leftovers: (limit: number): Promise<Leftover[]> =>
      take(
        `state not in ('open', 'finished') and (multipart_id is not null or tails::text <> '[]')
         and last_activity_at < now() - interval '1 minute' and ${lookAgain}`,
        'coalesce(swept_at, last_activity_at)',
        [limit],
        `${key}, u.multipart_id as "multipartId", u.tails`,
      ),
    cleared: (upload: Neglected): Promise<void> => cleared(database, upload),
    /** Removes the rows of uploads that ended more than 7 days ago; returns how many. */
    async forget(limit: number): Promise<number> {
      const rows = await database.query(
        `delete from uploads where (event_id, photo_id) in (
           select event_id, photo_id from uploads
           where (state = 'finished' or (state <> 'open' and multipart_id is null)) and last_activity_at < now() - interval '7 days'
           limit $1
         ) returning 1 as one`,
        [limit],
      );
      return rows.length;
    },
  };
}
export type NeglectedUploads = ReturnType<typeof neglectedUploads>;

async function cleared(db: Queryable, { eventId, photoId }: Neglected): Promise<void> {
  await db.query(
    `update uploads set multipart_id = null, parts = '[]', tails = '[]' where event_id = $1 and photo_id = $2 and state <> 'open'`,
    [eventId, photoId],
  );
}
