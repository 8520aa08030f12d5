import type { Painted } from '@kilat/contract';
import { LRUCache } from 'lru-cache';
import type { Queryable } from '#internal/database/database.ts';

// Older photos are shown because somebody works on them: nobody waits for them.
const longestHours = 6;
// A page of the release before does not say since when it is looked at.
const unsaidSeconds = 600;
const wantedReports = 20;
const mostRemembered = 50_000;

/** Gives the share of photos that each of so many pages is asked to tell of: about twenty tell of each photo. */
export function shareOf(streams: number): number {
  return Math.min(1, wantedReports / Math.max(1, streams));
}

/** Takes a report of a session about photos of an event. */
export type TakePainted = (eventId: string, session: string, painted: Painted) => Promise<void>;

interface Row {
  photoId: string;
  firstByteAgo: number;
  renderedAgo: number | null;
}

/**
 * Takes what pages tell of photos that they showed, each once of a session. A photo counts however late it came, unless it was
 * rendered before its page was opened or looked at again; our clocks alone say how long it has been since its first byte.
 */
export function takePainted(
  database: Queryable,
  observe: (tookSeconds: number, sinceFirstByte: number) => void,
): TakePainted {
  const told = new LRUCache<string, true>({ max: mostRemembered });
  return async (eventId, session, { photos }) => {
    const fresh = photos.filter(({ photo_id }) => {
      const key = `${session} ${photo_id}`;
      const isNew = !told.has(key);
      told.set(key, true);
      return isNew;
    });
    const rows = await readPhotos(
      database,
      eventId,
      fresh.map(({ photo_id }) => photo_id),
    );
    for (const one of fresh) {
      const row = rows.get(one.photo_id);
      const seconds = (row?.firstByteAgo ?? 0) - one.ago_ms / 1_000;
      if (row !== undefined && seconds > 0 && wasAwaited(row, one)) observe(one.took_ms / 1_000, seconds);
    }
  };
}

function wasAwaited({ firstByteAgo, renderedAgo }: Row, { ago_ms, watched_ms }: Painted['photos'][number]): boolean {
  if (watched_ms === undefined) return firstByteAgo < unsaidSeconds;
  return renderedAgo === null || renderedAgo <= (ago_ms + watched_ms) / 1_000;
}

async function readPhotos(database: Queryable, eventId: string, ids: string[]): Promise<Map<string, Row>> {
  if (ids.length === 0) return new Map();
  const rows = await database.query<Row>(
    `select photo_id as "photoId", extract(epoch from clock_timestamp() - first_byte_at)::float8 as "firstByteAgo",
       extract(epoch from clock_timestamp() - thumbnails_ready_at)::float8 as "renderedAgo" from photos
     where event_id = $1 and photo_id = any($2::uuid[]) and first_byte_at > now() - make_interval(hours => $3)`,
    [eventId, ids, longestHours],
  );
  return new Map(rows.map((row) => [row.photoId, row]));
}
