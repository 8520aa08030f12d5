import { PutObjectCommand, type PutObjectCommandInput, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignedPart } from '@kilat/contract';
import type { ObjectsOptions } from '#internal/objects/objects.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { presignedPartSize } from './layout.ts';
import { keyOf } from './send.ts';

/** Is how long a signed URL opens the bucket, in seconds. */
export const urlSeconds = 300;

/** Signs the requests by which a client puts a photo straight into the bucket. */
export interface Presigner extends Disposable {
  /** Signs one PUT of the whole photo: its size, its hash where it is known, and that nothing is overwritten. */
  put(upload: Upload): Promise<PresignedPart>;
  /** Signs the PUT of one part, from 1. */
  part(upload: Upload, part: number): Promise<PresignedPart>;
}

/** Makes a presigner; `endpoint` is the bucket's address as clients reach it. */
export function createPresigner(options: ObjectsOptions): Presigner {
  const { bucket: Bucket, accessKeyId, secretAccessKey, ...where } = options;
  const credentials = { accessKeyId, secretAccessKey };
  // The SDK's own checksum would be that of an empty body.
  const client = new S3Client({ ...where, credentials, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    async put(upload) {
      const sha256 = upload.metadata.sha256;
      const input: PutObjectCommandInput = {
        ...{ Bucket, Key: keyOf(upload), ContentLength: upload.length, IfNoneMatch: '*' },
        ...(sha256 !== undefined && { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }),
      };
      const checksum = 'x-amz-checksum-sha256';
      const url = await getSignedUrl(client, new PutObjectCommand(input), {
        expiresIn: urlSeconds,
        unhoistableHeaders: new Set([checksum]),
      });
      const headers = { 'if-none-match': '*', ...(input.ChecksumSHA256 && { [checksum]: input.ChecksumSHA256 }) };
      return { part: 1, start: 0, end: upload.length, url, headers };
    },
    async part(upload, part) {
      const { start, end } = rangeOf(upload.length, part);
      const command = new UploadPartCommand({
        ...{ Bucket, Key: keyOf(upload), UploadId: upload.multipartId ?? undefined },
        ...{ PartNumber: part, ContentLength: end - start },
      });
      return { part, start, end, url: await getSignedUrl(client, command, { expiresIn: urlSeconds }), headers: {} };
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** Counts the parts of a photo of some bytes. */
export function partCount(length: number): number {
  return Math.ceil(length / presignedPartSize);
}

/** Gives the bytes of one part, from 1: `start` up to before `end`. */
export function rangeOf(length: number, part: number): { start: number; end: number } {
  const start = (part - 1) * presignedPartSize;
  return { start, end: Math.min(length, start + presignedPartSize) };
}
