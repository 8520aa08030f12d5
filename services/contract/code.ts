import * as z from 'zod/mini';

/** Lists every stable error code that an answer of Kilat may carry; clients translate by them. */
export const codes = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'missing',
  'conflict',
  'exhausted',
  'unavailable',
  'internal',
  'restarting',
  'cross_site',
  'sign_in_link_invalid',
  'event_missing',
  'event_closed',
  'photo_missing',
  'link_missing',
  'link_expired',
  'capability_invalid',
  'capability_expired',
  'upload_missing',
  'upload_expired',
  'upload_locked',
  'upload_gone',
  'offset_mismatch',
  'length_required',
  'empty_file',
  'file_too_large',
  'not_a_photo',
  'hash_invalid',
  'checksum_mismatch',
  'quota_exceeded',
  'too_many_uploads',
  'presigned_off',
  'incomplete',
  'timed_out',
  'job_missing',
  'invite_invalid',
  'member_missing',
  'version_unsupported',
  'media_type_invalid',
  'metadata_invalid',
  'checksum_invalid',
  'chunk_too_large',
  'upload_finished',
  'upload_ended',
  'name_missing',
  'last_owner',
  'webhook_missing',
  'notification_missing',
  'mail_link_invalid',
  'provider_unknown',
] as const;

/** Names one stable error code. */
export type Code = (typeof codes)[number];

/** Describes an error answer as RFC 9457 has it, with a stable code and the request's id. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.optional(z.string()),
  request_id: z.optional(z.string()),
});
export type Problem = z.infer<typeof Problem>;
