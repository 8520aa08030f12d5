import * as z from 'zod/mini';
import { decodeWith } from './due.ts';

/** Matches an entry's type: a noun and a verb in the past tense. Readers ignore types that they do not know. */
export const EntryType = z.string().check(z.regex(/^[a-z]+\.[a-z_]+$/));

/** Lists the entry types that Kilat writes today. */
export const entryTypes = [
  'event.created',
  'event.changed',
  'link.created',
  'link.revoked',
  'invite.created',
  'invite.revoked',
  'member.joined',
  'member.changed',
  'member.removed',
  'job.announced',
  'photo.stored',
  'photo.previewed',
  'photo.rendered',
  'photo.verified',
  'photo.failed',
  'photo.retried',
  'photo.paired',
  'photo.unpaired',
  'photo.backed_up',
  'backup.removed',
  'backup.lost',
  'failure.discarded',
] as const;
export type EntryTypeName = (typeof entryTypes)[number];

/** Classifies a failure as DESIGN's error table does. */
export const FailureClass = z.enum(['rate_limit', 'network', 'server', 'invalid', 'unknown']);
export type FailureClass = z.infer<typeof FailureClass>;

/** Describes one line of an event's journal as it travels on stream JOURNAL: ids and facts, never names. */
export const Entry = z.object({
  v: z.literal(1),
  epoch: z.uuid(),
  event_id: z.uuid(),
  seq: z.int().check(z.minimum(1)),
  type: EntryType,
  photo_id: z.nullable(z.uuid()),
  recorded_at: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
export type Entry = z.infer<typeof Entry>;

/** Encodes an entry as the bytes of a JOURNAL message. */
export function encodeEntry(entry: Entry): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(entry));
}

/** Decodes a JOURNAL message; undefined when it never can be understood. */
export function decodeEntry(bytes: Uint8Array): Entry | undefined {
  return decodeWith(Entry, bytes);
}
