import { join } from 'node:path';
import type { Due, RenditionName } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import { renditionKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Claim } from '#internal/stages/store.ts';
import type { Decoders } from './decoder/pool.ts';
import { fileOf, type Preview, previewFile } from './decoder/protocol.ts';
import { type Desk, openDesk, readLeft } from './desk.ts';
import { fetchOriginal, type PhotoFacts, readFacts } from './photo.ts';
import { createRecord, type Failure } from './record.ts';

/** Is what thumbnailing needs. */
export interface ThumbnailerDeps {
  database: Database;
  journal: Journal;
  objects: Objects;
  decoders: Decoders;
  /** Is the folder that originals and renditions pass through. */
  folder: string;
  tiff: boolean;
  xlarge: boolean;
  log: Logger;
  onRendered: (seconds: number, storedAt: Date) => void;
  /** Is told of each photo that failed because its original is gone. */
  onMissing: () => void;
}

interface Parts extends ThumbnailerDeps {
  record: ReturnType<typeof createRecord>;
}

/** Makes what target thumbnail does: a first picture and the placeholder, then all renditions, each in one commit. */
export function createThumbnailer(deps: ThumbnailerDeps) {
  const parts = { ...deps, record: createRecord(deps.journal) };
  return {
    attempt: ({ due }: Claim, signal: AbortSignal) => render(parts, due, signal),
    fail: (due: Due, failure: Failure) => fail(parts, due, failure),
  };
}

// Keys of their own for each generation, the same ones for each redelivery of it: an embedded picture's, then the photo's.
const embeddedMs = 60_000;
const embeddedVersion = ({ generation }: Due) => 2 * generation - 1;
const versionOf = ({ generation }: Due) => 2 * generation;

async function render(parts: Parts, due: Due, signal: AbortSignal): Promise<void> {
  const { photo_id, event_id } = due;
  const startedAt = performance.now();
  const facts = await readFacts(parts.database, due);
  await using desk = await openDesk(parts.folder);
  const { verified } = await fetchOriginal(parts.objects, due, facts, desk.original, signal);
  // Before decoding: what a decoder cannot read may still be, to the bit, what the camera made.
  if (verified !== undefined) await parts.record.verified(due, verified);
  if (!(await develop(parts, due, facts, desk, signal))) return;
  parts.log.info({ photo_id, event_id }, 'photo rendered');
  parts.onRendered((performance.now() - startedAt) / 1_000, facts.storedAt);
}

/** Decodes, shows and records a photo; answers whether that was news. */
async function develop(parts: Parts, due: Due, facts: PhotoFacts, desk: Desk, signal: AbortSignal): Promise<boolean> {
  const { record, log } = parts;
  let previewing: Promise<unknown> = Promise.resolve();
  const request = { path: desk.original, folder: desk.folder, tiff: parts.tiff, xlarge: parts.xlarge };
  const { facts: found, renditions } = await parts.decoders.decode(
    { ...request, webQuality: facts.webQuality ?? undefined },
    {
      signal,
      onPreview(preview) {
        previewing = show(parts, due, preview, desk);
        previewing.catch(() => {}); // is looked at below
      },
    },
  );
  if (found.damaged) log.warn({ photo_id: due.photo_id, event_id: due.event_id }, 'photo damaged');
  await previewing;
  const version = versionOf(due);
  const sizes = await Promise.all(
    renditions.map((name) => put(parts, due, name, version, join(desk.folder, fileOf(name)))),
  );
  const webBytes = sizes[renditions.indexOf('web')];
  const news = await record.rendered(due, found, { version, renditions, ...(webBytes !== undefined && { webBytes }) });
  if (news) forgetEmbedded(parts, due);
  return news;
}

// What a camera embedded may show what its owner has cut out since. Screens that have it move on in a moment.
function forgetEmbedded({ objects, log }: Parts, due: Due): void {
  const key = renditionKey(due.event_id, due.photo_id, 'small', embeddedVersion(due));
  const forget = () => void objects.remove([key]).catch((err) => log.debug({ err }, 'embedded picture not removed'));
  setTimeout(forget, embeddedMs).unref();
}

// While the decoder goes on.
async function show(parts: Parts, due: Due, { embedded, ...known }: Preview, desk: Desk): Promise<void> {
  const [file, version] = embedded ? [previewFile, embeddedVersion(due)] : [fileOf('small'), versionOf(due)];
  await put(parts, due, 'small', version, join(desk.folder, file));
  await parts.record.previewed(due, known, version);
}

async function put({ objects }: Parts, due: Due, name: RenditionName, version: number, file: string): Promise<number> {
  const body = await readLeft(file);
  const key = renditionKey(due.event_id, due.photo_id, name, version);
  await objects.put({ key, body, size: body.byteLength, contentType: name === 'web' ? 'image/jpeg' : 'image/webp' });
  return body.byteLength;
}

async function fail({ record, log, onMissing }: Parts, due: Due, failure: Failure): Promise<void> {
  if (!(await record.failed(due, failure))) return;
  // A missing original is an alarm: something outside of Kilat took it.
  const isMissing = failure.code === 'photo_missing';
  if (isMissing) onMissing();
  log[isMissing ? 'error' : 'warn'](
    { photo_id: due.photo_id, event_id: due.event_id, code: failure.code },
    'photo failed',
  );
}
