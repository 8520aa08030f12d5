import * as z from 'zod/mini';

/** Gives the default upper bound of one original, in bytes (256 MiB). */
export const defaultMaxBytes = 256 * 1024 * 1024;

/** Describes tus's Upload-Metadata; last_modified is in milliseconds since 1970, sha256 is lower-case hex. */
export const UploadMetadata = z.object({
  event_id: z.uuid(),
  filename: z.string().check(z.minLength(1), z.maxLength(255)),
  filetype: z.optional(z.string().check(z.maxLength(127))),
  last_modified: z.optional(z.string().check(z.regex(/^\d{1,14}$/))),
  sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  album_id: z.optional(z.uuid()),
  job_id: z.optional(z.uuid()),
});
export type UploadMetadata = z.infer<typeof UploadMetadata>;

/** Describes the JSON body of a refused tus request: the same stable codes as elsewhere. */
export const UploadProblem = z.object({ code: z.string(), detail: z.string() });
export type UploadProblem = z.infer<typeof UploadProblem>;
