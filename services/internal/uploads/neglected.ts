import type { Database, Queryable } from '../database/database.ts';
import type { Upload } from './upload.ts';

/** Names an upload that somebody should look at. */
export interface Neglected {
  eventId: string;
  photoId: string;
}

const key = `event_id as "eventId", photo_id as "photoId"`;
const free = `(holder is null or lease_until < now())`;
// Looked at in vain, an upload waits so long for the next look, unless something happens to it before.
const lookAgain = `interval '15 minutes'`;

/** Finds uploads that nobody takes care of any more. Each is given to one caller, the longest neglected first. */
export function neglectedUploads(database: Database) {
  return {
    /**
     * Takes open uploads that may be complete although nobody said so: some writer had them, or the bucket may have got them
     * straight from a browser. What was only announced is left alone.
     */
    unfinished: (idleSeconds: number, limit: number): Promise<Neglected[]> =>
      database.query(
        `update uploads set swept_at = now() where (event_id, photo_id) in (
           select event_id, photo_id from uploads
           where state = 'open' and ${free} and (generation > 0 or way = 'presigned')
             and last_activity_at < now() - make_interval(secs => $1)
             and (swept_at is null or swept_at < last_activity_at or received = length or swept_at < now() - ${lookAgain})
           order by coalesce(swept_at, last_activity_at) limit $2 for update skip locked
         ) returning ${key}`,
        [idleSeconds, limit],
      ),
    /** Lists open uploads whose time is over. */
    expired: (limit: number): Promise<Neglected[]> =>
      database.query(
        `select ${key} from uploads where state = 'open' and ${free} and expires_at < now() order by expires_at limit $1`,
        [limit],
      ),
    /** Lists uploads that ended without a photo and of which the bucket may still keep something. */
    leftovers: (limit: number): Promise<(Neglected & Pick<Upload, 'multipartId' | 'tails'>)[]> =>
      database.query(
        `select ${key}, multipart_id as "multipartId", tails from uploads
         where state not in ('open', 'finished') and (multipart_id is not null or tails::text <> '[]')
           and last_activity_at < now() - interval '1 minute' order by last_activity_at limit $1`,
        [limit],
      ),
    cleared: (upload: Neglected): Promise<void> => cleared(database, upload),
    /** Removes the rows of uploads that ended more than 7 days ago; returns how many. */
    async forget(limit: number): Promise<number> {
      const rows = await database.query(
        `delete from uploads where (event_id, photo_id) in (
           select event_id, photo_id from uploads where state <> 'open' and multipart_id is null
             and last_activity_at < now() - interval '7 days' limit $1
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
