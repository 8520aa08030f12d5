import * as z from 'zod/mini';
import { FailureClass } from './entry.ts';

const Why = { class: FailureClass, message: z.string() };

/**
 * Describes one second copy of a photo: at which provider, how far it is, its address there once that is known, and why it
 * waits. `removing` until the provider has let go of it.
 */
export const BackupCopy = z.object({
  provider: z.string(),
  state: z.enum(['due', 'done', 'failed', 'removing', 'removed']),
  backup_url: z.nullable(z.string()),
  error: z.nullable(z.object(Why)),
});
export type BackupCopy = z.infer<typeof BackupCopy>;

/**
 * Describes the body of `PUT /api/events/:event_id/backups`: the providers that an event's second copies go to, and how many
 * days they stay once it is closed, 0 for ever. Null is what the installation does with events that say nothing.
 */
export const BackupPlan = z.object({
  providers: z.nullable(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(50))),
  keep_days: z.nullable(z.int().check(z.minimum(0), z.maximum(36_500))),
});
export type BackupPlan = z.infer<typeof BackupPlan>;

/**
 * Describes a place for second copies as an event sees it. `is_known` while a running target serves it, `is_wanted` while new
 * photos go there. `copies` counts the event's photos: proved there, waiting, failed for good, and copies of deleted ones
 * that it still holds. `pause` says until when it is left alone, and why.
 */
export const BackupPlace = z.object({
  provider: z.string(),
  is_known: z.boolean(),
  is_default: z.boolean(),
  is_wanted: z.boolean(),
  copies: z.object({ done: z.int(), waiting: z.int(), failed: z.int(), removing: z.int() }),
  pause: z.nullable(z.object({ until: z.iso.datetime(), ...Why })),
});
export type BackupPlace = z.infer<typeof BackupPlace>;

/** Describes the answer of `GET /api/events/:event_id/backups`. */
export const BackupsView = z.object({ plan: BackupPlan, places: z.array(BackupPlace) });
export type BackupsView = z.infer<typeof BackupsView>;
