import * as z from 'zod/mini';
import { CursorText } from './cursor.ts';
import { EntryType } from './entry.ts';
import { EventView } from './event.ts';
import { MediaGrant } from './media.ts';
import { PhotoView } from './photo.ts';

/** Gives the largest number of entries in one frame. */
export const maxFrameEntries = 1000;

/**
 * Describes one entry as an audience may see it. A photo entry carries the photo's current view, or null when this
 * audience may not see the photo (any more): remove it then. An event entry carries the event.
 */
export const FrameEntry = z.object({
  seq: z.int(),
  type: EntryType,
  photo_id: z.optional(z.uuid()),
  photo: z.optional(z.nullable(PhotoView)),
  event: z.optional(EventView),
});
export type FrameEntry = z.infer<typeof FrameEntry>;

/** Describes all that a client may see in `(from, to]`; it has missed nothing while `from` equals its last `to`. */
export const Frame = z.object({
  epoch: z.uuid(),
  from: z.int(),
  to: z.int(),
  entries: z.array(FrameEntry),
});
export type Frame = z.infer<typeof Frame>;

/**
 * Describes the first message of a stream; `recovered` is false when a snapshot must be loaded (resync follows).
 * `painted` is the share of photos, 0 to 1, of which the page is asked to tell when it showed them; none unless told.
 */
export const Hello = z.object({
  epoch: z.uuid(),
  head_seq: z.int(),
  recovered: z.boolean(),
  media: MediaGrant,
  painted: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
});
export type Hello = z.infer<typeof Hello>;

/** Describes the counters of an event; they have no id and no seq and come at most once a second. */
export const Counts = z.object({ photos: z.int() });
export type Counts = z.infer<typeof Counts>;

/** Describes the query of a stream and of `changes`. */
export const AfterQuery = z.object({ after: z.optional(CursorText) });
export type AfterQuery = z.infer<typeof AfterQuery>;

/**
 * Describes the answer of `GET /api/events/:event_id/changes?after=`. `frame` is null with `resync` true when the
 * cursor cannot be followed; ask again while `frame.to < head_seq`.
 */
export const Changes = z.object({
  resync: z.boolean(),
  frame: z.nullable(Frame),
  head_seq: z.int(),
  photo_count: z.int(),
  media: MediaGrant,
});
export type Changes = z.infer<typeof Changes>;

/**
 * Names the SSE events of `/live/events/:event_id` and `…/jobs/:job_id`, where `job` carries a JobView and `progress`
 * ProgressHints besides; only frames carry an id, the cursor `<epoch>.<to>`.
 */
export const liveEvents = ['hello', 'frame', 'counts', 'resync', 'job', 'progress'] as const;
export type LiveEventName = (typeof liveEvents)[number];
