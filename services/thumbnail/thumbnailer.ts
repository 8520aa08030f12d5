import type { Due } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import { renditionKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Claim } from '#internal/stages/store.ts';
import { readFacts, readOriginal } from './photo.ts';
import { createRecord, type Failure } from './record.ts';
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

// Nothing measures pictures yet: what is no number is not kept.
const unmeasured = { phash: '', sharpness: Number.NaN, clippedShare: Number.NaN };

interface Parts extends ThumbnailerDeps {
  record: ReturnType<typeof createRecord>;
}

/** Makes what target thumbnail does: small and placeholder first, then the rest, each in one commit. */
export function createThumbnailer(deps: ThumbnailerDeps) {
  const parts = { ...deps, record: createRecord(deps.journal) };
  return {
    attempt: ({ due }: Claim, signal: AbortSignal) => render(parts, due, signal),
    fail: (due: Due, failure: Failure) => fail(parts, due, failure),
  };
}

// Renditions are written under the stage's generation: keys of their own for each, the same ones for each redelivery.
async function render(parts: Parts, due: Due, signal: AbortSignal): Promise<void> {
  const { record, log } = parts;
  const { photo_id, event_id } = due;
  const startedAt = performance.now();
  const facts = await readFacts(parts.database, due);
  const original = await readOriginal(parts.objects, due, facts, signal);
  // Before decoding: what a decoder cannot read may still be, to the bit, what the camera made.
  if (original.verified !== undefined) await record.verified(due, original.verified);
  const picture = await parts.decode(original.bytes);
  if (picture.damaged) log.warn({ photo_id, event_id }, 'photo damaged');
  await put(parts, due, picture, 'small', signal);
  await record.previewed(due, picture, due.generation);
  await put(parts, due, picture, 'medium', signal);
  await put(parts, due, picture, 'large', signal);
  const shown = { version: due.generation, renditions: ['small', 'medium', 'large'] } as const;
  if (!(await record.rendered(due, { ...picture, ...unmeasured }, shown))) return;
  log.info({ photo_id, event_id }, 'photo rendered');
  parts.onRendered((performance.now() - startedAt) / 1_000, facts.storedAt);
}

async function put(
  parts: Parts,
  due: Due,
  picture: Picture,
  rendition: 'small' | 'medium' | 'large',
  signal: AbortSignal,
) {
  signal.throwIfAborted();
  const body = await picture.encode(rendition);
  const key = renditionKey(due.event_id, due.photo_id, rendition, due.generation);
  await parts.objects.put({ key, body, size: body.byteLength, contentType: 'image/webp' });
}

async function fail({ record, log }: Parts, due: Due, failure: Failure): Promise<void> {
  if (!(await record.failed(due, failure))) return;
  // A missing original is an alarm: something outside of Kilat took it.
  const level = failure.code === 'photo_missing' ? 'error' : 'warn';
  log[level]({ photo_id: due.photo_id, event_id: due.event_id, code: failure.code }, 'photo failed');
}
