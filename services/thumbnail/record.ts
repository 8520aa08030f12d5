import type { Due, RenditionName } from '@kilat/contract';
import type { Transaction } from '#internal/database/database.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Outcome } from '#internal/stages/outcome.ts';
import { isOpen, markDone, markFailed } from '#internal/stages/store.ts';
import type { Picture } from './render.ts';

/** Is how a stage ends for good without success. */
export type Failure = Extract<Outcome, { state: 'failed' }>;

const all: readonly RenditionName[] = ['small', 'medium', 'large'];
const nothing = { value: false, entries: [] };

/** Commits what rendering found, each fact once; answers whether it was news. */
export function createRecord(journal: Journal) {
  return {
    /** Notes that the original is the file that its client announced. */
    verified: (due: Due, sha256: string) => verified(journal, due, sha256),
    /** Shows the small rendition and the placeholder of a photo that has none yet. */
    previewed: (due: Due, picture: Picture) => previewed(journal, due, picture),
    /** Moves the photo to all renditions of this generation and settles the stage. */
    rendered: (due: Due, picture: Picture) => rendered(journal, due, picture),
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

function previewed(journal: Journal, due: Due, picture: Picture): Promise<boolean> {
  const { event_id, photo_id, generation: version } = due;
  return journal.commit(event_id, async (tx) => {
    if (!(await isOpen(tx, due)) || !(await isNews(tx, due))) return nothing;
    await describe(tx, due, picture, ['small']);
    const data = factsOf(picture, version, ['small']);
    return { value: true, entries: [{ type: 'photo.previewed', photo_id, data }] };
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

function rendered(journal: Journal, due: Due, picture: Picture): Promise<boolean> {
  const { event_id, photo_id, generation: version } = due;
  return journal.commit(event_id, async (tx) => {
    if (!(await markDone(tx, due))) return nothing;
    await describe(tx, due, picture, all);
    await tx.query(
      `update photos set state = 'ready', thumbnails_ready_at = now(), processing_error = null where event_id = $1 and photo_id = $2`,
      [event_id, photo_id],
    );
    const data = { ...factsOf(picture, version, all), ...(picture.damaged && { damaged: true }) };
    return { value: true, entries: [{ type: 'photo.rendered', photo_id, data }] };
  });
}

async function describe(tx: Transaction, due: Due, picture: Picture, renditions: readonly RenditionName[]) {
  const { width, height, thumbhash, exif } = picture;
  await tx.query(
    `update photos set width = $3, height = $4, thumbhash = $5, taken_at = coalesce($6, taken_at), version = $7, renditions = $8
     where event_id = $1 and photo_id = $2`,
    [due.event_id, due.photo_id, width, height, thumbhash, exif.takenAt ?? null, due.generation, renditions],
  );
}

function factsOf({ width, height }: Picture, version: number, renditions: readonly RenditionName[]) {
  return { width, height, version, renditions };
}

function failed(journal: Journal, due: Due, failure: Failure): Promise<boolean> {
  const { event_id, photo_id } = due;
  return journal.commit(event_id, async (tx) => {
    if (!(await markFailed(tx, due, failure))) return nothing;
    const error = { class: failure.class, code: failure.code, message: failure.error };
    await tx.query(`update photos set state = 'failed', processing_error = $3 where event_id = $1 and photo_id = $2`, [
      event_id,
      photo_id,
      JSON.stringify(error),
    ]);
    const data = { class: failure.class, code: failure.code };
    return { value: true, entries: [{ type: 'photo.failed', photo_id, data, count: -1 }] };
  });
}
