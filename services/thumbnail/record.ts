import type { Due, RenditionName } from '@kilat/contract';
import type { Transaction } from '#internal/database/database.ts';
import type { Journal } from '#internal/journal/journal.ts';
import { lockTile, pairUp } from '#internal/photos/pair.ts';
import type { Outcome } from '#internal/stages/outcome.ts';
import { isOpen, markDone, markFailed } from '#internal/stages/store.ts';
import { columnsOf, type KnownFacts } from './columns.ts';
import type { PictureFacts } from './picture.ts';
import type { Size } from './size.ts';

/** Is how a stage ends for good without success. */
export type Failure = Extract<Outcome, { state: 'failed' }>;

/** Names what a photo can be seen by: the version of its keys and the renditions that are there under it. */
export interface Shown {
  version: number;
  renditions: readonly RenditionName[];
  /** Is the size of the web original in bytes, where there is one. */
  webBytes?: number | undefined;
}

const nothing = { value: false, entries: [] };

/** Commits what rendering found, each fact once; answers whether it was news. */
export function createRecord(journal: Journal) {
  return {
    /** Notes that the original is the file that its client announced. */
    verified: (due: Due, sha256: string) => verified(journal, due, sha256),
    /** Shows the small rendition and the placeholder of a photo that has none yet. */
    previewed: (due: Due, known: KnownFacts, version: number) => previewed(journal, due, known, version),
    /** Moves the photo to all renditions of a version, keeps what was found out about it and settles the stage. */
    rendered: (due: Due, facts: PictureFacts, shown: Shown) => rendered(journal, due, facts, shown),
    /** Shows why the photo cannot be rendered and settles the stage. */
    failed: (due: Due, failure: Failure) => failed(journal, due, failure),
  };
}

function verified(journal: Journal, due: Due, sha256: string): Promise<boolean> {
  const { event_id, photo_id } = due;
  return journal.commit(event_id, async (tx) => {
    const rows = await tx.query(
      `update photos set verified_at = now() where event_id = $1 and photo_id = $2 and verified_at is null returning 1 as one`,
      [event_id, photo_id],
    );
    if (rows.length === 0) return nothing;
    return { value: true, entries: [{ type: 'photo.verified', photo_id, data: { sha256 } }] };
  });
}

function previewed(journal: Journal, due: Due, known: KnownFacts, version: number): Promise<boolean> {
  const { event_id, photo_id } = due;
  return journal.commit(event_id, async (tx) => {
    if (!(await isOpen(tx, due)) || !(await isNews(tx, due))) return nothing;
    const shown = { version, renditions: ['small'] } as const;
    await update(tx, due, { ...columnsOf(known), ...shown });
    return { value: true, entries: [{ type: 'photo.previewed', photo_id, data: dataOf(known, shown) }] };
  });
}

// What is on screens already moves once, when all of the new version is there.
async function isNews(tx: Transaction, { event_id, photo_id }: Due): Promise<boolean> {
  const rows = await tx.query('select 1 as one from photos where event_id = $1 and photo_id = $2 and version = 0', [
    event_id,
    photo_id,
  ]);
  return rows.length > 0;
}

function rendered(journal: Journal, due: Due, facts: PictureFacts, shown: Shown): Promise<boolean> {
  const { event_id, photo_id } = due;
  return journal.commit(event_id, async (tx) => {
    const tile = await lockTile(tx, event_id, photo_id);
    if (!(await markDone(tx, due)) || (await isDeleted(tx, due))) return nothing;
    // What an earlier reader found and this one does not was a mistake; when it was taken may come from elsewhere.
    const { taken_at, ...told } = columnsOf(facts);
    const { version, renditions } = shown;
    const compression_stats = await compressionOf(tx, due, shown);
    const columns = { ...orNull(told), taken_at, version, renditions, compression_stats };
    await update(tx, due, { ...columns, state: 'ready', processing_error: null }, ', thumbnails_ready_at = now()');
    const data = { ...dataOf(facts, shown), ...(facts.damaged && { damaged: true }) };
    const entries = await tile.entries({ type: 'photo.rendered', photo_id, data });
    return { value: true, entries: [...entries, ...(await pairUp(tx, event_id, photo_id))] };
  });
}

// A photo may be deleted while it is worked on: then nothing of it comes back.
async function isDeleted(tx: Transaction, { event_id, photo_id }: Due): Promise<boolean> {
  const sql = `select 1 as one from photos where event_id = $1 and photo_id = $2 and state = 'deleted' for update`;
  return (await tx.query(sql, [event_id, photo_id])).length > 0;
}

async function compressionOf(tx: Transaction, due: Due, { webBytes: after }: Shown): Promise<string | null> {
  if (after === undefined) return null;
  const key = [due.event_id, due.photo_id];
  const [row] = await tx.query<{ size: number }>('select size from photos where event_id = $1 and photo_id = $2', key);
  return row === undefined ? null : JSON.stringify({ before: row.size, after });
}

// Columns whose value is undefined stay as they are; their names are ours, never a file's.
async function update(tx: Transaction, due: Due, columns: Record<string, unknown>, more = ''): Promise<void> {
  const known = Object.entries(columns).filter(([, value]) => value !== undefined);
  const sets = known.map(([column], n) => `${column} = $${n + 3}`).join(', ');
  const values = known.map(([, value]) => value);
  const key = [due.event_id, due.photo_id];
  await tx.query(`update photos set ${sets}${more} where event_id = $1 and photo_id = $2`, [...key, ...values]);
}

function orNull(columns: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).map(([column, value]) => [column, value ?? null]));
}

// Facts alone: no serial number, no place and nothing else of the file may stand in the journal.
function dataOf({ width, height }: Size, { version, renditions }: Shown) {
  return { width, height, version, renditions };
}

function failed(journal: Journal, due: Due, failure: Failure): Promise<boolean> {
  const { event_id, photo_id } = due;
  return journal.commit(event_id, async (tx) => {
    const tile = await lockTile(tx, event_id, photo_id);
    if (!(await markFailed(tx, due, failure)) || (await isDeleted(tx, due))) return nothing;
    const error = { class: failure.class, code: failure.code, message: failure.error };
    // What guests see already stays as it is: what failed is to render it anew.
    await tx.query(
      `update photos set state = case state when 'ready' then state else 'failed' end, processing_error = $3
       where event_id = $1 and photo_id = $2`,
      [event_id, photo_id, JSON.stringify(error)],
    );
    const data = { class: failure.class, code: failure.code };
    return { value: true, entries: await tile.entries({ type: 'photo.failed', photo_id, data }) };
  });
}
