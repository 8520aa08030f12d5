import { thumbHashToDataURL } from 'thumbhash';

const known = new Map<string, string>();

/** Draws a photo's thumbhash as a data URL; undefined without one. */
export function placeholderOf(thumbhash: string | null): string | undefined {
  if (thumbhash === null || typeof document === 'undefined') return undefined;
  const drawn = known.get(thumbhash) ?? thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (c) => c.charCodeAt(0)));
  known.set(thumbhash, drawn);
  return drawn;
}
