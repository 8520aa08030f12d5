import * as z from 'zod/mini';
import { UploadMetadata } from './upload.ts';

/** Describes the body of `POST /files/presigned`: what tus has in Upload-Metadata, and the size in bytes. */
export const CreatePresigned = z.extend(UploadMetadata, { size: z.int().check(z.minimum(1)) });
export type CreatePresigned = z.infer<typeof CreatePresigned>;

/** Describes the body of `POST /files/:event_id/:photo_id/urls`: which parts are wanted, from 1; none for one PUT. */
export const UrlRequest = z.object({
  parts: z.optional(z.array(z.int().check(z.minimum(1), z.maximum(10_000))).check(z.minLength(1), z.maxLength(100))),
});
export type UrlRequest = z.infer<typeof UrlRequest>;

/** Describes one request of the client to the bucket: PUT bytes `start` up to before `end` there with these headers. */
export const PresignedPart = z.object({
  part: z.int(),
  start: z.int(),
  end: z.int(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
});
export type PresignedPart = z.infer<typeof PresignedPart>;

/**
 * Describes how to send one photo straight to the bucket. `parts` have URLs until `expires_at` (5 minutes; ask again on
 * 403); `stored` names the parts that the bucket has already. After all `part_count` parts: POST `…/complete`.
 */
export const PresignedPlan = z.object({
  photo_id: z.uuid(),
  url: z.string(),
  part_size: z.int(),
  part_count: z.int(),
  stored: z.array(z.int()),
  parts: z.array(PresignedPart),
  expires_at: z.iso.datetime(),
});
export type PresignedPlan = z.infer<typeof PresignedPlan>;

/** Describes the answer of `POST /files/:event_id/:photo_id/complete`: the photo is stored. */
export const Completed = z.object({ photo_id: z.uuid() });
export type Completed = z.infer<typeof Completed>;

/** Describes what became of one file of a batch: 201 stored, else the status and code of its refusal. */
export const BatchResult = z.object({
  name: z.string(),
  status: z.int(),
  photo_id: z.nullable(z.uuid()),
  code: z.nullable(z.string()),
  detail: z.nullable(z.string()),
});
export type BatchResult = z.infer<typeof BatchResult>;

/** Describes the answer of `POST /api/events/:event_id/photos/batch`: 201 when all are stored, else 207. */
export const BatchResults = z.object({ files: z.array(BatchResult) });
export type BatchResults = z.infer<typeof BatchResults>;
