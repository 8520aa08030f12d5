import * as z from 'zod/mini';

const longestMs = 600_000;
const longestWatchMs = 7 * 86_400_000;

/** Gives the longest time that a page tells of, in milliseconds. */
export const longestPainted = longestMs;

/** Gives the largest number of photos in one report of a page. */
export const maxPainted = 50;

/**
 * Describes what a page tells of photos that it has shown: how long each took from its frame to the screen, and how long
 * ago it was there, and for how long the page had been open and looked at by then, in milliseconds. Nothing tells who saw it.
 */
export const Painted = z.object({
  photos: z
    .array(
      z.object({
        photo_id: z.uuid(),
        took_ms: z.int().check(z.minimum(0), z.maximum(longestMs)),
        ago_ms: z.int().check(z.minimum(0), z.maximum(longestMs)),
        watched_ms: z.optional(z.int().check(z.minimum(0), z.maximum(longestWatchMs))),
      }),
    )
    .check(z.minLength(1), z.maxLength(maxPainted)),
});
export type Painted = z.infer<typeof Painted>;

/** Describes what one replica of target live carries, and what it did since it began. */
export const LiveStats = z.object({
  streams: z.int(),
  events: z.int(),
  opened: z.int(),
  deliveries: z.int(),
  resyncs: z.int(),
  dropped: z.int(),
});
export type LiveStats = z.infer<typeof LiveStats>;
