import * as z from 'zod/mini';
import { BackupCopy } from './backup.ts';
import { FailureClass } from './entry.ts';
import { MediaGrant, RenditionName } from './media.ts';

/** Names the states that a photo can be seen in. */
export const PhotoState = z.enum(['stored', 'ready', 'failed']);
export type PhotoState = z.infer<typeof PhotoState>;

/**
 * Describes what only an event's team sees of a photo: the file, why it failed, how it was taken, and what was measured.
 * `taken_offset_minutes` is the camera's zone east of UTC, null where nobody knows it and its clock was taken as UTC;
 * `sharpness` below 100 is mostly blurred; `clipped_share` is the share of pixels, 0 to 1, that are burnt out.
 */
export const PhotoDetails = z.object({
  file_name: z.string(),
  content_type: z.nullable(z.string()),
  size: z.int(),
  sha256: z.nullable(z.string()),
  verified_at: z.nullable(z.iso.datetime()),
  error: z.nullable(z.object({ class: FailureClass, code: z.string(), message: z.string() })),
  // Left out by releases that did not read them. pair_id is the same for the two photos of one frame, and the id of the tile.
  pair_id: z.optional(z.nullable(z.uuid())),
  camera: z.optional(z.nullable(z.string())),
  lens: z.optional(z.nullable(z.string())),
  exposure_seconds: z.optional(z.nullable(z.number())),
  f_number: z.optional(z.nullable(z.number())),
  iso: z.optional(z.nullable(z.int())),
  focal_length_mm: z.optional(z.nullable(z.number())),
  taken_offset_minutes: z.optional(z.nullable(z.int())),
  damaged: z.optional(z.boolean()),
  sharpness: z.optional(z.nullable(z.number())),
  clipped_share: z.optional(z.nullable(z.number())),
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

/**
 * Describes the answer of `GET /api/events/:event_id/photos/:photo_id`: the view, to the team with the camera's serial
 * number, to owners and editors with the place in degrees (north and east positive), to owners with its second copies. None
 * of it is in any page or frame.
 */
export const PhotoAnswer = z.extend(PhotoView, {
  camera_serial: z.optional(z.nullable(z.string())),
  location: z.optional(z.nullable(z.object({ latitude: z.number(), longitude: z.number() }))),
  backups: z.optional(z.array(BackupCopy)),
});
export type PhotoAnswer = z.infer<typeof PhotoAnswer>;

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
