import { type Cursor, type Entry, type EventView, type Frame, type FrameEntry, maxFrameEntries } from '@kilat/contract';
import type { Database, Queryable } from '../database/database.ts';
import { readEvent } from '../events/store.ts';
import { type Head, readEntries, readHead } from '../journal/journal.ts';
import { type Audience, type PhotoRow, readPhotos, viewOf } from '../photos/view.ts';

/** Is what follows a cursor: a frame (maybe empty), or undefined when the cursor cannot be followed. */
export interface Followed {
  head: Head;
  frame: Frame | undefined;
}

/** Reads all that an audience may see after a cursor, at most 1,000 entries; undefined for an unknown event. */
export function readAfter(
  database: Database,
  eventId: string,
  audience: Audience,
  cursor: Cursor | undefined,
): Promise<Followed | undefined> {
  return database.snapshot(async (tx) => {
    const head = await readHead(tx, eventId);
    if (head === undefined) return undefined;
    if (cursor === undefined || cursor.epoch !== head.epoch || cursor.seq > head.seq) return { head, frame: undefined };
    const entries = await readEntries(tx, eventId, cursor.seq, maxFrameEntries);
    const frames = await buildFrames(tx, eventId, { epoch: head.epoch, seq: cursor.seq }, entries);
    return { head, frame: frames[audience] };
  });
}

/** Builds each audience's frame of entries that follow a cursor without a gap; photos come with their current view. */
export async function buildFrames(
  from: Queryable,
  eventId: string,
  cursor: Cursor,
  entries: readonly Entry[],
): Promise<Record<Audience, Frame>> {
  const photoIds = [...new Set(entries.flatMap(({ photo_id }) => (photo_id === null ? [] : [photo_id])))];
  const rows = new Map((await readPhotos(from, eventId, photoIds)).map((row) => [row.photoId, row]));
  const event = entries.some(({ type }) => type.startsWith('event.')) ? await readEvent(from, eventId) : undefined;
  const frameFor = (audience: Audience): Frame => ({
    epoch: cursor.epoch,
    from: cursor.seq,
    to: entries.at(-1)?.seq ?? cursor.seq,
    entries: entries.flatMap((entry) => entryFor(entry, rows, event, audience) ?? []),
  });
  return { guest: frameFor('guest'), team: frameFor('team') };
}

// What concerns no photo and not the event itself (links, say) is the team's alone.
function entryFor(
  entry: Entry,
  rows: Map<string, PhotoRow>,
  event: EventView | undefined,
  audience: Audience,
): FrameEntry | undefined {
  const { seq, type, photo_id } = entry;
  if (photo_id !== null) {
    const row = rows.get(photo_id);
    return { seq, type, photo_id, photo: row === undefined ? null : viewOf(row, audience) };
  }
  if (type.startsWith('event.')) return event === undefined ? undefined : { seq, type, event };
  return audience === 'team' ? { seq, type } : undefined;
}
