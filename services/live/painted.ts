import type { Painted } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';

// What came later was not waited for: a page was opened, or came back, long after.
const longestMinutes = 10;
const wantedReports = 20;

/** Gives the share of photos that each of so many pages is asked to tell of: about twenty tell of each photo. */
export function shareOf(streams: number): number {
  return Math.min(1, wantedReports / Math.max(1, streams));
}

/**
 * Takes what pages tell of photos that they showed. Only photos of the event count whose first byte came within ten
 * minutes; our clocks alone say how long it has been since.
 */
export function takePainted(database: Queryable, observe: (tookSeconds: number, sinceFirstByte: number) => void) {
  return async (eventId: string, { photos }: Painted): Promise<void> => {
    const rows = await database.query<{ photoId: string; seconds: number }>(
      `select photo_id as "photoId", extract(epoch from clock_timestamp() - first_byte_at)::float8 as seconds from photos
       where event_id = $1 and photo_id = any($2::uuid[]) and first_byte_at > now() - make_interval(mins => $3)`,
      [eventId, [...new Set(photos.map(({ photo_id }) => photo_id))], longestMinutes],
    );
    const since = new Map(rows.map(({ photoId, seconds }) => [photoId, seconds]));
    for (const { photo_id, took_ms, ago_ms } of photos) {
      const seconds = (since.get(photo_id) ?? 0) - ago_ms / 1_000;
      if (seconds > 0) observe(took_ms / 1_000, seconds);
      since.delete(photo_id);
    }
  };
}
