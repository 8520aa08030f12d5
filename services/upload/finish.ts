import { createHash } from 'node:crypto';
import { planBackup } from '#internal/backups/plan.ts';
import type { Transaction } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import type { ObjectInfo, Objects } from '#internal/objects/objects.ts';
import { span } from '#internal/trace/trace.ts';
import type { UploadStore } from '#internal/uploads/store.ts';
import type { Sniffed, Upload } from '#internal/uploads/upload.ts';
import { gather } from './gather.ts';
import { discard, goneFault, joinParts, keyOf, keyOfTail, removeTorn } from './send.ts';
import { sniff, sniffBytes } from './sniff.ts';

/** Is what the finish step needs. */
export interface FinishDeps {
  uploads: UploadStore;
  objects: Objects;
  journal: Journal;
  log: Logger;
  /** Tells whether TIFF files are taken. */
  tiff: boolean;
  /** Is told once how each upload ended, not of those that their client ended or never began. */
  onEnded?: (how: Ending) => void;
  /** Is told of each finish step that failed and is made again. */
  onFailed?: () => void;
  /** Is told of each photo that became stored. */
  onStored: (upload: Upload, storedAt: Date) => void;
}

/** Names how uploads end: `failed` were whole and left by their client, or had begun, and were not stored in time. */
export type Ending = 'stored' | 'refused' | 'gone' | 'failed';

/**
 * Makes a photo stored, under the upload's lease: object complete in S3, its size checked there, durable, then the photo's
 * state, its stages and its journal entry in one commit. May be repeated until it succeeded, by any way in and by the
 * sweeper. Throws `upload_gone` (410) when the bytes are lost and the client must start over.
 */
export async function finish(deps: FinishDeps, upload: Upload): Promise<Upload> {
  if (upload.state === 'finished') return upload;
  try {
    const attributes = { photo_id: upload.photoId, event_id: upload.eventId, way: upload.way };
    return await span('upload.finish', attributes, () => finishOnce(deps, upload));
  } catch (error) {
    if (isOurs(error)) deps.onFailed?.();
    throw error;
  }
}

async function finishOnce(deps: FinishDeps, upload: Upload): Promise<Upload> {
  if (upload.multipartId !== null) await joinParts(deps.objects, upload);
  const object = await deps.objects.head(keyOf(upload));
  if (!isWhole(upload, object)) throw await startOver(deps, upload);
  await deps.objects.settle(keyOf(upload));
  if (isFound(upload) && (await removeTorn(deps.objects, upload, object))) throw await startOver(deps, upload);
  if (upload.way === 'presigned') await checkHash(deps, upload, object);
  const sniffed = upload.sniffed ?? (await sniffStored(deps, upload));
  const storedAt = await commit(deps, upload, sniffed, object);
  if (storedAt !== undefined) announceStored(deps, upload, storedAt);
  return { ...upload, state: 'finished', received: upload.length, sniffed };
}

/** Tells whether what stopped an upload is neither its client's doing nor another writer's, nor its end. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof Fault) || error.kind === 'unavailable' || error.kind === 'internal';
}

/** Finishes what looks complete in S3 although its commit is missing; undefined when it is not complete. */
export async function recover(deps: FinishDeps, upload: Upload): Promise<Upload | undefined> {
  if (upload.state !== 'open') return undefined;
  if (upload.received === upload.length) return finish(deps, upload);
  if (upload.way === 'presigned') return recoverPresigned(deps, upload);
  const object = await deps.objects.head(keyOf(upload));
  if (object?.size !== upload.length || (await removeTorn(deps.objects, upload, object))) return undefined;
  // Parts that a database put back to an earlier point still waits for were joined: there is nothing left to join.
  return finish(deps, { ...upload, multipartId: null, crc32: object.crc32 ?? 0, received: upload.length });
}

/** Ends an upload whose bytes can never be a photo. */
export async function refuse(deps: FinishDeps, upload: Upload, fault: Fault): Promise<void> {
  if (await deps.uploads.settle(upload, 'refused', fault.code)) deps.onEnded?.('refused');
  await discard(deps.objects, upload).catch((err) => deps.log.warn({ err }, 'refused upload not discarded'));
  deps.log.info({ photo_id: upload.photoId, event_id: upload.eventId, code: fault.code }, 'upload refused');
}

// The browser may have died after its last byte: its row was there before it began.
async function recoverPresigned(deps: FinishDeps, upload: Upload): Promise<Upload | undefined> {
  const gathered = await gather(deps.objects, upload);
  return gathered === undefined ? undefined : finish(deps, gathered);
}

/** Checks what a client put into the bucket by itself against its SHA-256. Throws `checksum_mismatch` (422). */
async function checkHash(deps: FinishDeps, upload: Upload, object: ObjectInfo): Promise<void> {
  const wanted = upload.metadata.sha256;
  if (wanted === undefined || (object.sha256 ?? (await hashStored(deps, upload))) === wanted) return;
  const fault = new Fault('invalid', 'The bytes that came are not those that were announced: send the file again.', {
    code: 'checksum_mismatch',
    status: 422,
  });
  await refuse(deps, upload, fault);
  await deps.objects.remove([keyOf(upload)]);
  throw fault;
}

async function hashStored(deps: FinishDeps, upload: Upload): Promise<string> {
  const stored = await deps.objects.get(keyOf(upload));
  if (stored === undefined) throw new Fault('unavailable', 'The object storage lost sight of the photo.');
  const hash = createHash('sha256');
  for await (const chunk of stored.body) hash.update(chunk);
  return hash.digest('hex');
}

// What was put by us was settled then; what came past us, or may have been joined at an earlier try, was not.
function isFound(upload: Upload): boolean {
  return upload.way === 'presigned' || upload.multipartId !== null;
}

function isWhole(upload: Upload, object: ObjectInfo | undefined): object is ObjectInfo {
  if (object?.size !== upload.length) return false;
  // Bytes that did not come through us have no checksum of ours.
  return upload.way === 'presigned' || object.crc32 === undefined || object.crc32 === upload.crc32;
}

/** Ends an upload whose stored bytes are lost; its client has to start over. */
export async function startOver(deps: FinishDeps, upload: Upload): Promise<Fault> {
  if (await deps.uploads.settle(upload, 'gone', 'upload_gone')) deps.onEnded?.('gone');
  deps.log.error({ photo_id: upload.photoId, event_id: upload.eventId }, 'upload gone from the object storage');
  return goneFault();
}

async function sniffStored(deps: FinishDeps, upload: Upload): Promise<Sniffed> {
  const object = await deps.objects.get(keyOf(upload), { range: `bytes=0-${sniffBytes - 1}` });
  if (object === undefined) throw new Fault('unavailable', 'The object storage lost sight of the photo.');
  try {
    return await sniff(Buffer.concat(await object.body.toArray()), deps.tiff);
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_a_photo') {
      await refuse(deps, upload, error);
      await deps.objects.remove([keyOf(upload)]);
    }
    throw error;
  }
}

/** Commits; undefined when another writer has committed already. */
function commit(deps: FinishDeps, upload: Upload, sniffed: Sniffed, object: ObjectInfo): Promise<Date | undefined> {
  const data = {
    size: upload.length,
    crc32: object.crc32 ?? null,
    sha256: upload.metadata.sha256 ?? null,
    width: sniffed.width ?? null,
    height: sniffed.height ?? null,
  };
  return deps.journal.commit(upload.eventId, async (tx) => {
    if (!(await markFinished(tx, upload))) return { value: undefined, entries: [] };
    const storedAt = await storePhoto(tx, upload, sniffed, object);
    await tx.query(`insert into stages (event_id, photo_id, stage) values ($1, $2, 'thumbnail')`, [
      upload.eventId,
      upload.photoId,
    ]);
    await planBackup(tx, upload.eventId, upload.photoId);
    return { value: storedAt, entries: [{ type: 'photo.stored', photo_id: upload.photoId, data, count: 1 }] };
  });
}

async function markFinished(tx: Transaction, upload: Upload): Promise<boolean> {
  const rows = await tx.query(
    `update uploads set state = 'finished', received = length, parts = '[]', tails = '[]', last_activity_at = now()
     where event_id = $1 and photo_id = $2 and generation = $3 and state = 'open' returning 1 as one`,
    [upload.eventId, upload.photoId, upload.generation],
  );
  if (rows.length > 0) return true;
  const [row] = await tx.query<{ state: string }>(`select state from uploads where event_id = $1 and photo_id = $2`, [
    upload.eventId,
    upload.photoId,
  ]);
  if (row?.state === 'finished') return false;
  throw new Fault('conflict', 'Another request is writing this upload.', {
    code: 'upload_locked',
    status: 423,
    retryAfter: 1,
  });
}

async function storePhoto(tx: Transaction, upload: Upload, sniffed: Sniffed, object: ObjectInfo): Promise<Date> {
  const [row] = await tx.query<{ storedAt: Date }>(
    `update photos set state = 'stored', stored_at = now(), first_byte_at = $3, content_type = $4, width = $5, height = $6, crc32 = $7
     where event_id = $1 and photo_id = $2 and state = 'announced' returning stored_at as "storedAt"`,
    [
      ...[upload.eventId, upload.photoId, upload.firstByteAt, sniffed.contentType],
      ...[sniffed.width ?? null, sniffed.height ?? null, object.crc32 ?? null],
    ],
  );
  if (row === undefined) throw new Fault('internal', `photo ${upload.photoId} is not announced`);
  return row.storedAt;
}

function announceStored(deps: FinishDeps, upload: Upload, storedAt: Date): void {
  deps.log.info({ photo_id: upload.photoId, event_id: upload.eventId, size: upload.length }, 'photo stored');
  deps.onStored(upload, storedAt);
  deps.onEnded?.('stored');
  const tails = upload.tails.map((tail) => keyOfTail(upload, tail));
  void deps.objects.remove(tails).catch((err) => deps.log.warn({ err }, 'tails not removed'));
}
