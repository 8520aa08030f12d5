import * as z from 'zod/mini';
import { FailureClass } from './entry.ts';
import { MediaGrant, RenditionName } from './media.ts';

/** Names the states that a photo can be seen in. */
export const PhotoState = z.enum(['stored', 'ready', 'failed']);
export type PhotoState = z.infer<typeof PhotoState>;

/** Describes what only an event's team sees of a photo. */
export const PhotoDetails = z.object({
  file_name: z.string(),
  content_type: z.nullable(z.string()),
  size: z.int(),
  sha256: z.nullable(z.string()),
  verified_at: z.nullable(z.iso.datetime()),
  error: z.nullable(z.object({ class: FailureClass, code: z.string(), message: z.string() })),
});
export type PhotoDetails = z.infer<typeof PhotoDetails>;

/**
 * Describes a photo's current public view. width and height are those of the upright picture in pixels; thumbhash is
 * base64; renditions lists what can be fetched under `version`. `details` is there for the event's team alone.
 */
export const PhotoView = z.object({
  photo_id: z.uuid(),
  stored_seq: z.int(),
  state: PhotoState,
  width: z.nullable(z.int()),
  height: z.nullable(z.int()),
  thumbhash: z.nullable(z.string()),
  version: z.int(),
  renditions: z.array(RenditionName),
  taken_at: z.nullable(z.iso.datetime()),
  stored_at: z.iso.datetime(),
  album_id: z.nullable(z.uuid()),
  caption: z.nullable(z.string()),
  uploader_name: z.nullable(z.string()),
  details: z.optional(PhotoDetails),
});
export type PhotoView = z.infer<typeof PhotoView>;

/** Describes the query of `GET /api/events/:event_id/photos`: `before` is a stored_seq, limit 1 to 200. */
export const PageQuery = z.object({
  before: z.optional(z.coerce.number().check(z.int(), z.minimum(1))),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200)), 60),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** Describes a gallery page, newest first; cursor and photos are of one snapshot. `before` asks for the next page. */
export const PhotoPage = z.object({
  photos: z.array(PhotoView),
  before: z.nullable(z.int()),
  cursor: z.string(),
  photo_count: z.int(),
  media: MediaGrant,
});
export type PhotoPage = z.infer<typeof PhotoPage>;
