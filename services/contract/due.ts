import * as z from 'zod/mini';

/** Names the stages of a photo; each is also the target that works on it. */
export const StageName = z.enum(['thumbnail', 'backup', 'embed']);
export type StageName = z.infer<typeof StageName>;

/** Names the two lanes of due work: photos of live events before imports and backfills. */
export const Lane = z.enum(['live', 'bulk']);
export type Lane = z.infer<typeof Lane>;

/** Describes a message of stream WORK: one stage of one photo is due. */
export const Due = z.object({
  v: z.literal(1),
  event_id: z.uuid(),
  photo_id: z.uuid(),
  stage: StageName,
  lane: Lane,
  generation: z.int().check(z.minimum(1)),
});
export type Due = z.infer<typeof Due>;

/** Encodes due work as the bytes of a WORK message. */
export function encodeDue(due: Due): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(due));
}

/** Decodes a WORK message; undefined when it never can be understood. */
export function decodeDue(bytes: Uint8Array): Due | undefined {
  return decodeWith(Due, bytes);
}

/** Decodes JSON bytes by a schema; undefined when they are not of it. */
export function decodeWith<T>(schema: z.ZodMiniType<T>, bytes: Uint8Array): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
