import type { Due, RenditionName } from '@kilat/contract';
import type { Database, Transaction } from '#internal/database/database.ts';
import type { Journal, NewEntry } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import { renditionKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Outcome } from '#internal/stages/outcome.ts';
import { isOpen, markDone, markFailed } from '#internal/stages/store.ts';
import { type PhotoFacts, readFacts, readOriginal } from './photo.ts';
import type { Picture } from './render.ts';

/** Is what thumbnailing needs; `decode` is a door, for decoders in a process of their own. */
export interface ThumbnailerDeps {
  database: Database;
  journal: Journal;
  objects: Objects;
  decode: (original: Buffer) => Promise<Picture>;
  log: Logger;
  onRendered: (seconds: number, storedAt: Date) => void;
}

/** Makes what target thumbnail does: small and thumbhash first, then the rest, each in one commit. */
export function createThumbnailer(deps: ThumbnailerDeps) {
  return {
    attempt: ({ due }: { due: Due }) => render(deps, due),
    fail: (due: Due, outcome: Extract<Outcome, { state: 'failed' }>) => fail(deps, due, outcome),
  };
}

// Renditions are written under the stage's generation: keys of their own for each, the same ones for each redelivery.
async function render(deps: ThumbnailerDeps, due: Due): Promise<void> {
  const startedAt = performance.now();
  const facts = await readFacts(deps.database, due);
  const original = await readOriginal(deps.objects, due, facts);
  const picture = await deps.decode(original.bytes);
  await put(deps, due, picture, 'small');
  await preview(deps, due, picture);
  await put(deps, due, picture, 'medium');
  await put(deps, due, picture, 'large');
  if (!(await complete(deps, due, facts, original.verified))) return;
  deps.log.info({ photo_id: due.photo_id, event_id: due.event_id }, 'photo rendered');
  deps.onRendered((performance.now() - startedAt) / 1_000, facts.storedAt);
}

async function put(deps: ThumbnailerDeps, due: Due, picture: Picture, rendition: RenditionName): Promise<void> {
  const body = await picture.encode(rendition);
  const key = renditionKey(due.event_id, due.photo_id, rendition, due.generation);
  await deps.objects.put({ key, body, size: body.byteLength, contentType: 'image/webp' });
}

function preview(deps: ThumbnailerDeps, due: Due, picture: Picture): Promise<void> {
  const { width, height, thumbhash, takenAt } = picture;
  return deps.journal.commit(due.event_id, async (tx) => {
    if (!(await isOpen(tx, due))) return { value: undefined, entries: [] };
    await tx.query(
      `update photos set width = $3, height = $4, thumbhash = $5, taken_at = coalesce($6, taken_at), version = $7, renditions = '{small}'
       where event_id = $1 and photo_id = $2`,
      [due.event_id, due.photo_id, width, height, thumbhash, takenAt ?? null, due.generation],
    );
    const data = { width, height, version: due.generation };
    return { value: undefined, entries: [{ type: 'photo.previewed', photo_id: due.photo_id, data }] };
  });
}

function complete(deps: ThumbnailerDeps, due: Due, facts: PhotoFacts, verified: boolean): Promise<boolean> {
  return deps.journal.commit(due.event_id, async (tx) => {
    if (!(await markDone(tx, due))) return { value: false, entries: [] };
    await tx.query(
      `update photos set state = 'ready', renditions = '{small,medium,large}', thumbnails_ready_at = now(), processing_error = null,
         verified_at = case when $3 then coalesce(verified_at, now()) end where event_id = $1 and photo_id = $2`,
      [due.event_id, due.photo_id, verified],
    );
    const entries: NewEntry[] = [{ type: 'photo.rendered', photo_id: due.photo_id, data: { version: due.generation } }];
    if (verified && facts.verifiedAt === null)
      entries.unshift({ type: 'photo.verified', photo_id: due.photo_id, data: { sha256: facts.sha256 } });
    return { value: true, entries };
  });
}

async function fail(deps: ThumbnailerDeps, due: Due, outcome: Extract<Outcome, { state: 'failed' }>): Promise<void> {
  const failed = await deps.journal.commit(due.event_id, async (tx) => {
    if (!(await markFailed(tx, due, outcome))) return { value: false, entries: [] };
    await showFailure(tx, due, outcome);
    const data = { class: outcome.class, code: outcome.code };
    return { value: true, entries: [{ type: 'photo.failed', photo_id: due.photo_id, data, count: -1 }] };
  });
  // A missing original is an alarm: something outside of Kilat took it.
  const level = outcome.code === 'photo_missing' ? 'error' : 'warn';
  if (failed) deps.log[level]({ photo_id: due.photo_id, event_id: due.event_id, code: outcome.code }, 'photo failed');
}

async function showFailure(tx: Transaction, due: Due, outcome: Extract<Outcome, { state: 'failed' }>): Promise<void> {
  const error = { class: outcome.class, code: outcome.code, message: outcome.error };
  await tx.query(`update photos set state = 'failed', processing_error = $3 where event_id = $1 and photo_id = $2`, [
    due.event_id,
    due.photo_id,
    JSON.stringify(error),
  ]);
}
