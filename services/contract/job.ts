import * as z from 'zod/mini';
import { BackupCopy } from './backup.ts';
import { PhotoView } from './photo.ts';

/** Gives how many files one job may announce. */
export const maxJobFiles = 5000;

/** Describes one file of a manifest; size is in bytes, last_modified in milliseconds since 1970, sha256 lower-case hex. */
export const JobFile = z.object({
  // PostgreSQL keeps no NUL in a text.
  name: z.string().check(z.minLength(1), z.maxLength(255), z.regex(/^[^\0]*$/)),
  size: z.int().check(z.minimum(1)),
  type: z.optional(z.string().check(z.maxLength(127))),
  last_modified: z.optional(z.int().check(z.minimum(0), z.maximum(99_999_999_999_999))),
  sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
});
export type JobFile = z.infer<typeof JobFile>;

const JobFiles = z.array(JobFile).check(z.minLength(1), z.maxLength(maxJobFiles));

/**
 * Describes the body of `POST /api/events/:event_id/jobs`: the manifest, in the order of the answer. `total` says how many
 * files the card has when not all are in it yet: they follow by `…/jobs/:job_id/files`, and the job is open until then.
 * Under a `job_id` of the client's own a request whose answer was lost can be repeated: it is answered once more.
 */
export const CreateJob = z.object({
  job_id: z.optional(z.uuid()),
  files: JobFiles,
  total: z.optional(z.int().check(z.minimum(1), z.maximum(maxJobFiles))),
  album_id: z.optional(z.uuid()),
});
export type CreateJob = z.infer<typeof CreateJob>;

/**
 * Describes the body of `POST /api/events/:event_id/jobs/:job_id/files`: the next files of a manifest. With the position of
 * the `first` of them a request whose answer was lost can be repeated: nothing is added twice.
 */
export const AddFiles = z.object({ files: JobFiles, first: z.optional(z.int().check(z.minimum(0))) });
export type AddFiles = z.infer<typeof AddFiles>;

/**
 * Describes where one file goes. `tus`: HEAD and PATCH `url`. `presigned`: POST `url` for fresh URLs of the bucket.
 * `duplicate`: nothing to send, `photo_id` is the verified photo of this event that it equals.
 */
export const JobFileAnswer = z.object({
  position: z.int(),
  photo_id: z.uuid(),
  how: z.enum(['tus', 'presigned', 'duplicate']),
  url: z.nullable(z.string()),
});
export type JobFileAnswer = z.infer<typeof JobFileAnswer>;

/** Describes the answer of both (201). */
export const JobAnnounced = z.object({ job_id: z.uuid(), files: z.array(JobFileAnswer) });
export type JobAnnounced = z.infer<typeof JobAnnounced>;

/**
 * Names how far a job is: QUEUED until a byte came, UPLOADING while files are outstanding, PROCESSING until all are
 * ready, then COMPLETED, or FAILED when a file failed or expired.
 */
export const JobStatus = z.enum(['QUEUED', 'UPLOADING', 'PROCESSING', 'COMPLETED', 'FAILED']);
export type JobStatus = z.infer<typeof JobStatus>;

/** Describes a job; completed counts files whose photos are ready (duplicates too), total = completed + failed + open. */
export const JobView = z.object({
  job_id: z.uuid(),
  event_id: z.uuid(),
  status: JobStatus,
  total: z.int(),
  completed: z.int(),
  failed: z.int(),
  stored: z.int(),
  duplicates: z.int(),
  uploader_name: z.nullable(z.string()),
  created_at: z.iso.datetime(),
});
export type JobView = z.infer<typeof JobView>;

/** Describes the answer of `GET /api/events/:event_id/jobs`: the newest 50. */
export const JobList = z.object({ jobs: z.array(JobView) });
export type JobList = z.infer<typeof JobList>;

/** Describes the body of `POST /api/events/:event_id/jobs/:job_id/progress`: bytes sent so far, best effort. */
export const ProgressHints = z.object({
  files: z
    .array(z.object({ photo_id: z.uuid(), sent: z.int().check(z.minimum(0)) }))
    .check(z.minLength(1), z.maxLength(100)),
});
export type ProgressHints = z.infer<typeof ProgressHints>;

/** Describes progress hints on their way from api to live. */
export const JobProgress = z.extend(ProgressHints, { event_id: z.uuid(), job_id: z.uuid() });
export type JobProgress = z.infer<typeof JobProgress>;

/** Names how sure a file of a card is: each state includes the ones before it; `failed` and `missing` need a hand. */
export const CardFrameState = z.enum(['missing', 'announced', 'stored', 'verified', 'backed_up', 'failed']);
export type CardFrameState = z.infer<typeof CardFrameState>;

/** Describes one file of a card and the journal entry that proves its state; hash is lower-case hex. */
export const CardFrame = z.object({
  position: z.int(),
  name: z.string(),
  size: z.int(),
  sha256: z.nullable(z.string()),
  photo_id: z.uuid(),
  duplicate: z.boolean(),
  state: CardFrameState,
  reason: z.nullable(z.string()),
  entry: z.nullable(z.object({ seq: z.int(), type: z.string(), hash: z.string(), recorded_at: z.iso.datetime() })),
  photo: z.nullable(PhotoView),
  backups: z.optional(z.array(BackupCopy)),
});
export type CardFrame = z.infer<typeof CardFrame>;

/**
 * Describes the card report of a job. `safe_to_format` only when every file is verified and backed up; `not_backed_up`
 * when all are verified but no backup is proved; else `incomplete`. `head` prints where the journal stood.
 */
export const CardReport = z.object({
  job: JobView,
  event_title: z.string(),
  made_at: z.iso.datetime(),
  verdict: z.enum(['safe_to_format', 'not_backed_up', 'incomplete']),
  backup_configured: z.boolean(),
  head: z.object({ epoch: z.uuid(), seq: z.int(), hash: z.string() }),
  frames: z.array(CardFrame),
});
export type CardReport = z.infer<typeof CardReport>;
