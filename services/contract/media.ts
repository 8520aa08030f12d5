import * as z from 'zod/mini';

/** Gives each rendition's long edge in pixels; a smaller original is not enlarged. */
export const renditionEdges = { small: 320, medium: 800, large: 1600, xlarge: 2560 } as const;

/** Names the derived files of a photo: pictures by their long edge, and `web`, a compressed copy at full size. */
export const RenditionName = z.enum(['small', 'medium', 'large', 'xlarge', 'web']);
/** Names the renditions that are made to a long edge. */
export type SizeName = keyof typeof renditionEdges;
export type RenditionName = z.infer<typeof RenditionName>;

/** Carries the capability that opens an event's media URLs, and when to have asked for the next one. */
export const MediaGrant = z.object({ capability: z.string(), expires_at: z.iso.datetime() });
export type MediaGrant = z.infer<typeof MediaGrant>;

/** Composes the same-origin URL of one rendition. */
export function renditionUrl(
  photo: { event_id: string; photo_id: string; version: number },
  rendition: RenditionName,
  capability: string,
): string {
  return `/media/${photo.event_id}/${photo.photo_id}/${photo.version}/${rendition}?c=${capability}`;
}

/** Composes the same-origin URL of an original, which is answered as an attachment. */
export function originalUrl(photo: { event_id: string; photo_id: string }, capability: string): string {
  return `/media/${photo.event_id}/${photo.photo_id}/1/original?c=${capability}`;
}
