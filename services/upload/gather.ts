import { ListPartsCommand } from '@aws-sdk/client-s3';
import { asObjectFault, isAbsent } from '#internal/objects/failure.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Part, Upload } from '#internal/uploads/upload.ts';
import { partCount, rangeOf } from './presign.ts';
import { goneFault, keyOf } from './send.ts';

/**
 * Looks in the bucket for what a client put there straight; undefined while some of it is missing. What the client says of
 * its parts counts for nothing. Throws `upload_gone` (410) when the provider has given its parts up.
 */
export async function gather(objects: Objects, upload: Upload): Promise<Upload | undefined> {
  const parts = upload.multipartId === null ? [] : await storedParts(objects, upload);
  if (parts !== undefined && parts.length > 0) {
    const isComplete = parts.length === partCount(upload.length);
    return isComplete ? { ...upload, parts, received: upload.length } : undefined;
  }
  // One PUT, or parts that were joined already.
  const object = await objects.head(keyOf(upload));
  if (object?.size === upload.length) return { ...upload, received: upload.length };
  if (parts === undefined) throw goneFault();
  return undefined;
}

/** Lists the parts that the bucket has in full; undefined when it does not know the multipart upload any more. */
export async function storedParts(objects: Objects, upload: Upload): Promise<Part[] | undefined> {
  const parts: Part[] = [];
  let after: string | undefined;
  do {
    const answer = await listParts(objects, upload, after);
    if (answer === undefined) return undefined;
    for (const { PartNumber: part = 0, ETag: etag = '', Size: size } of answer.Parts ?? []) {
      const { start, end } = rangeOf(upload.length, part);
      if (size === end - start && size > 0) parts.push({ part, etag, size });
    }
    after = answer.IsTruncated ? answer.NextPartNumberMarker : undefined;
  } while (after !== undefined);
  return parts;
}

async function listParts(objects: Objects, upload: Upload, PartNumberMarker: string | undefined) {
  const command = new ListPartsCommand({
    ...{ Bucket: objects.bucket, Key: keyOf(upload), UploadId: upload.multipartId ?? undefined, PartNumberMarker },
  });
  try {
    return await objects.client.send(command);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asObjectFault(error);
  }
}
