import type { PhotoView } from '@kilat/contract';
import type { Database } from '../database/database.ts';
import { type Head, readHead } from '../journal/journal.ts';
import { type Audience, type PhotoRow, photoColumns, viewOf, visibleTo } from './view.ts';

/** Asks for a page: photos stored before a seq (or the newest), at most `limit`. */
export interface PageRequest {
  eventId: string;
  audience: Audience;
  before: number | undefined;
  limit: number;
}

/** Is a page and the place in the journal that it was read at, both of one snapshot. */
export interface Page {
  photos: PhotoView[];
  before: number | null;
  head: Head;
}

/** Reads a page, newest first; undefined for an unknown event. */
export function readPage(database: Database, request: PageRequest): Promise<Page | undefined> {
  return database.snapshot(async (tx) => {
    const head = await readHead(tx, request.eventId);
    if (head === undefined) return undefined;
    const rows = await tx.query<PhotoRow>(
      `select ${photoColumns} from photos where event_id = $1 and stored_seq < $2 and ${visibleTo[request.audience]}
       order by stored_seq desc limit $3`,
      [request.eventId, request.before ?? Number.MAX_SAFE_INTEGER, request.limit + 1],
    );
    const shown = rows.slice(0, request.limit);
    const last = rows.length > request.limit ? shown.at(-1) : undefined;
    const photos = shown.map((row) => viewOf(row, request.audience)).filter((view) => view !== null);
    return { photos, before: last?.storedSeq ?? null, head };
  });
}
