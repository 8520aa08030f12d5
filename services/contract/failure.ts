import * as z from 'zod/mini';
import { StageName } from './due.ts';
import { FailureClass } from './entry.ts';

/** Names where a photo's work can fail: on its way in, or in one of its stages. */
export const FailureStage = z.enum(['upload', ...StageName.options]);
export type FailureStage = z.infer<typeof FailureStage>;

/** Names why a failure needs nobody any more; the journal keeps it, so it is never free text. */
export const DiscardReason = z.enum(['not_a_photo', 'not_needed', 'sent_again', 'other']);
export type DiscardReason = z.infer<typeof DiscardReason>;

/**
 * Describes what failed for good. `photo_state` says what became of the photo: one that stayed `ready` is seen as it was
 * before. `retryable` is false where the bytes never came: who has the file sends it again.
 */
export const FailureView = z.object({
  photo_id: z.uuid(),
  stage: FailureStage,
  class: FailureClass,
  error: z.nullable(z.string()),
  /** Is the stable code of why an upload ended, null for a stage. */
  code: z.nullable(z.string()),
  attempts: z.int(),
  failed_at: z.iso.datetime(),
  file_name: z.string(),
  photo_state: z.enum(['announced', 'stored', 'ready', 'failed', 'deleted']),
  retryable: z.boolean(),
});
export type FailureView = z.infer<typeof FailureView>;

/** Describes how many failures of one stage and class wait for somebody. */
export const FailureCount = z.object({ stage: FailureStage, class: FailureClass, count: z.int() });
export type FailureCount = z.infer<typeof FailureCount>;

const FailureCursor = z
  .string()
  .check(z.regex(/^\d{1,16}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.[a-z]{1,20}$/));

/** Describes the query of `GET /api/events/:event_id/failures`; `before` comes from the page before, limit 1 to 200. */
export const FailureQuery = z.object({
  before: z.optional(FailureCursor),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200)), 50),
  class: z.optional(FailureClass),
  stage: z.optional(FailureStage),
});
export type FailureQuery = z.infer<typeof FailureQuery>;

/**
 * Describes a page of failures, newest first. A first page that picks nothing also has the `counts` of the event, and of
 * what was `discarded` and is not listed any more. `may_retry` and `may_discard` say what the caller's role allows.
 */
export const FailurePage = z.object({
  failures: z.array(FailureView),
  before: z.nullable(z.string()),
  counts: z.optional(z.array(FailureCount)),
  discarded: z.optional(z.int()),
  may_retry: z.boolean(),
  may_discard: z.boolean(),
});
export type FailurePage = z.infer<typeof FailurePage>;

/** Gives how many photos one request may name. */
export const maxFailurePhotos = 500;

const picked = { class: z.optional(FailureClass), stage: z.optional(FailureStage) };
const these = {
  photo_ids: z.array(z.uuid()).check(z.minLength(1), z.maxLength(maxFailurePhotos)),
  ...picked,
};
const all = { all: z.literal(true), until: z.optional(z.iso.datetime()), ...picked };
const reason = { reason: DiscardReason };

/**
 * Describes the body of `POST /api/events/:event_id/failures/retry`: some photos, or all that failed up to `until`, in both
 * cases of one class or stage only where that is said. Nothing means all by being left out.
 */
export const RetryFailures = z.union([z.strictObject(these), z.strictObject(all)]);
export type RetryFailures = z.infer<typeof RetryFailures>;

/** Describes the body of `POST /api/events/:event_id/failures/discard`: the same choice, with the reason. */
export const DiscardFailures = z.union([
  z.strictObject({ ...these, ...reason }),
  z.strictObject({ ...all, ...reason }),
]);
export type DiscardFailures = z.infer<typeof DiscardFailures>;

/**
 * Describes the answer of both: how many failures this request settled, and whether it left some for another request, which
 * gives `until` back, so that what fails again meanwhile is not taken a second time.
 */
export const FailuresSettled = z.object({ count: z.int(), more: z.boolean(), until: z.iso.datetime() });
export type FailuresSettled = z.infer<typeof FailuresSettled>;
