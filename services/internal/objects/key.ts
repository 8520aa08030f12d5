import type { RenditionName } from '@kilat/contract';

/** Composes the key of an original; versions are never overwritten, and no key is a prefix of another. */
export function originalKey(eventId: string, photoId: string, version: number): string {
  return `e/${eventId}/${photoId}/original-${version}`;
}

/** Composes the key of a rendition of one version. */
export function renditionKey(eventId: string, photoId: string, rendition: RenditionName, version: number): string {
  return `e/${eventId}/${photoId}/${rendition}-${version}.webp`;
}

/** Composes the key of the bytes that one cut request left of a part. */
export function tailKey(eventId: string, photoId: string, part: number, generation: number): string {
  return `e/${eventId}/${photoId}/tail-${part}-${generation}`;
}
