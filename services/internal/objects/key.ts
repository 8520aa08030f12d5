import type { RenditionName } from '@kilat/contract';

/** Composes the key of an original; versions are never overwritten, and no key is a prefix of another. */
export function originalKey(eventId: string, photoId: string, version: number): string {
  return `e/${eventId}/${photoId}/original-${version}`;
}

/** Is the prefix under which all events lie. */
export const eventsPrefix = 'e/';

/** Composes the prefix under which all of an event lies. */
export function eventPrefix(eventId: string): string {
  return `e/${eventId}/`;
}

/** Tells of which photo a key is the original; undefined for any other key. */
export function photoOfOriginal(key: string): string | undefined {
  return /^e\/[0-9a-f-]{36}\/([0-9a-f-]{36})\/original-\d+$/.exec(key)?.[1];
}

/** Tells of which photo and version a key is the original; undefined for any other key. */
export function versionOfOriginal(key: string): { photoId: string; version: number } | undefined {
  const [, photoId, version] = /^e\/[0-9a-f-]{36}\/([0-9a-f-]{36})\/original-(\d+)$/.exec(key) ?? [];
  return photoId === undefined ? undefined : { photoId, version: Number(version) };
}

/** Composes the key of a rendition of one version. */
export function renditionKey(eventId: string, photoId: string, rendition: RenditionName, version: number): string {
  return `e/${eventId}/${photoId}/${rendition}-${version}.${rendition === 'web' ? 'jpg' : 'webp'}`;
}

/** Composes the key of the bytes that one cut request left of a part. */
export function tailKey(eventId: string, photoId: string, part: number, generation: number): string {
  return `e/${eventId}/${photoId}/tail-${part}-${generation}`;
}
