import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Fault } from '#internal/fault/fault.ts';
import { asObjectFault, isAbsent, isThereAlready, lacksPart } from '#internal/objects/failure.ts';
import { originalKey, tailKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Part, Upload } from '#internal/uploads/upload.ts';
import { type PartRange, partSizeOf } from './layout.ts';

/** Is the version under which an upload stores its original. */
const firstVersion = 1;

/** Gives the key of the original that an upload makes. */
export function keyOf(upload: Pick<Upload, 'eventId' | 'photoId'>): string {
  return originalKey(upload.eventId, upload.photoId, firstVersion);
}

/** Gives the key of one tail of an upload. */
export function keyOfTail(
  upload: Pick<Upload, 'eventId' | 'photoId'>,
  tail: { part: number; generation: number },
): string {
  return tailKey(upload.eventId, upload.photoId, tail.part, tail.generation);
}

/** Sends one part, or the whole photo, durably, from the tails stored earlier and the bytes of this request. */
export async function sendPart(
  objects: Objects,
  upload: Upload,
  range: PartRange,
  rest: Readable,
  signal: AbortSignal,
): Promise<Part> {
  const size = range.end - range.start;
  const body = withTails(objects, upload, range.part, rest);
  try {
    if (range.whole) {
      const etag = await putWhole(objects, upload, { body, size }, signal);
      await objects.settle(keyOf(upload));
      if (etag === '') await checkFound(objects, upload);
      return { part: 1, size, etag };
    }
    const etag = await putPart(objects, upload, { body, size, part: range.part }, signal);
    await objects.settlePart(keyOf(upload), upload.multipartId ?? '', range.part);
    return { part: range.part, size, etag };
  } catch (error) {
    // The provider has aborted the multipart upload: what it held is lost, and only the client has it.
    throw isAbsent(error) ? goneFault() : asObjectFault(error);
  } finally {
    // Nobody may wait for a reader that has given up.
    body.destroy();
    rest.destroy();
  }
}

// 412 means that an earlier try took effect after all: the finish step checks its size and checksum.
async function putWhole(
  objects: Objects,
  upload: Upload,
  what: { body: Readable; size: number },
  abortSignal: AbortSignal,
): Promise<string> {
  const command = new PutObjectCommand({
    Bucket: objects.bucket,
    Key: keyOf(upload),
    Body: what.body,
    ContentLength: what.size,
    ContentType: contentTypeOf(upload),
    IfNoneMatch: '*',
  });
  try {
    const answer = await objects.client.send(command, { abortSignal });
    return answer.ETag ?? '';
  } catch (error) {
    if (isThereAlready(error)) return '';
    if (!abortSignal.aborted && (await isThere(objects, upload, what.size))) return '';
    throw error;
  }
}

// What an earlier try has put may have lost its bytes in a power cut: then this one has to put it again.
async function checkFound(objects: Objects, upload: Upload): Promise<void> {
  const found = await objects.head(keyOf(upload));
  if (found === undefined || (await removeTorn(objects, upload, found)))
    throw new Fault('unavailable', 'The photo has to be stored again.');
}

// Some servers answer 412 without reading the body, which a sender sees as a broken connection only.
async function isThere(objects: Objects, upload: Upload, size: number): Promise<boolean> {
  const object = await objects.head(keyOf(upload)).catch(() => undefined);
  return object?.size === size;
}

async function putPart(
  objects: Objects,
  upload: Upload,
  what: { body: Readable; size: number; part: number },
  abortSignal: AbortSignal,
): Promise<string> {
  const command = new UploadPartCommand({
    Bucket: objects.bucket,
    Key: keyOf(upload),
    UploadId: upload.multipartId ?? undefined,
    PartNumber: what.part,
    Body: what.body,
    ContentLength: what.size,
  });
  const answer = await objects.client.send(command, { abortSignal }).catch(async (error: unknown) => {
    if (!abortSignal.aborted && (await isAborted(objects, upload))) throw goneFault();
    throw error;
  });
  if (answer.ETag === undefined) throw new Fault('unavailable', 'The object storage gave no ETag for a part.');
  return answer.ETag;
}

// Servers refuse without reading the body, which a sender may see as a broken connection only.
async function isAborted(objects: Objects, upload: Upload): Promise<boolean> {
  const UploadId = upload.multipartId ?? undefined;
  const command = new ListPartsCommand({ Bucket: objects.bucket, Key: keyOf(upload), UploadId, MaxParts: 1 });
  return objects.client.send(command).then(() => false, isAbsent);
}

/** Begins a multipart upload and gives its id. */
export async function beginMultipart(objects: Objects, upload: Upload): Promise<string> {
  const command = new CreateMultipartUploadCommand({
    Bucket: objects.bucket,
    Key: keyOf(upload),
    ContentType: contentTypeOf(upload),
  });
  const answer = await objects.client.send(command).catch((error) => {
    throw asObjectFault(error);
  });
  if (answer.UploadId === undefined) throw new Fault('unavailable', 'The object storage gave no upload id.');
  await objects.settleMultipart(keyOf(upload), answer.UploadId);
  return answer.UploadId;
}

/** Joins the parts into the original; an upload that was joined already, or is gone, is for the caller's size check. */
export async function joinParts(objects: Objects, upload: Upload): Promise<void> {
  const Parts = upload.parts.map(({ part, etag }) => ({ PartNumber: part, ETag: etag }));
  const command = new CompleteMultipartUploadCommand({
    Bucket: objects.bucket,
    Key: keyOf(upload),
    UploadId: upload.multipartId ?? undefined,
    MultipartUpload: { Parts },
    IfNoneMatch: '*',
  });
  try {
    await objects.client.send(command);
  } catch (error) {
    if (!isAbsent(error) && !isThereAlready(error) && !lacksPart(error)) throw asObjectFault(error);
  }
}

/**
 * Removes an object that lost its bytes in a power cut, and tells whether it did. For objects that are found: what this
 * process has just put and settled is whole.
 */
export async function removeTorn(objects: Objects, upload: Upload, { etag }: { etag: string }): Promise<boolean> {
  if (await objects.isIntact(keyOf(upload), etag, partSizeOf(upload.way))) return false;
  await objects.remove([keyOf(upload)]);
  return true;
}

/** Makes the fault of an upload whose stored bytes are lost. */
export function goneFault(): Fault {
  return new Fault('missing', 'The upload is lost: send the file again.', { code: 'upload_gone', status: 410 });
}

/** Is what an upload that ended may have left in the bucket. */
export type Leftovers = Pick<Upload, 'eventId' | 'photoId' | 'multipartId' | 'tails'>;

/** Removes all that an unfinished upload has stored. */
export async function discard(objects: Objects, upload: Leftovers): Promise<void> {
  const UploadId = upload.multipartId ?? undefined;
  if (UploadId !== undefined) {
    const command = new AbortMultipartUploadCommand({ Bucket: objects.bucket, Key: keyOf(upload), UploadId });
    await objects.client.send(command).catch((error) => {
      if (!isAbsent(error)) throw asObjectFault(error);
    });
  }
  await objects.remove(upload.tails.map((tail) => keyOfTail(upload, tail)));
}

function contentTypeOf(upload: Upload): string {
  return upload.sniffed?.contentType ?? 'application/octet-stream';
}

function withTails(objects: Objects, upload: Upload, part: number, rest: Readable): Readable {
  const tails = upload.tails.filter((tail) => tail.part === part);
  if (tails.length === 0) return rest;
  return Readable.from(concat(), { objectMode: false });
  async function* concat(): AsyncGenerator<Uint8Array> {
    for (const tail of tails) {
      const object = await objects.get(keyOfTail(upload, tail));
      if (object?.size !== tail.size) throw goneFault();
      yield* object.body;
    }
    yield* rest;
  }
}
