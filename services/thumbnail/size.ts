import { renditionEdges, type SizeName } from '@kilat/contract';

/** Is a picture's size in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Computes a rendition's size from the original's: the long edge as named, never enlarged, no edge below one pixel. */
export function sizeOf(original: Size, rendition: SizeName): Size {
  const scale = Math.min(1, renditionEdges[rendition] / Math.max(original.width, original.height));
  return {
    width: Math.max(1, Math.round(original.width * scale)),
    height: Math.max(1, Math.round(original.height * scale)),
  };
}
