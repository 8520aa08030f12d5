import { imageSize } from 'image-size';
import { Fault } from '#internal/fault/fault.ts';
import { fileTypeOf } from '#internal/filetype/filetype.ts';
import type { Sniffed } from '#internal/uploads/upload.ts';

/** Is how many of a file's first bytes are looked at; the picture's size stands within them. */
export const sniffBytes = 512 * 1024;

/** Is how many of a file's first bytes tell its type. */
export const magicBytes = 4100;

// A raw file's own header describes its embedded thumbnail.
const measurable = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/heif']);

/**
 * Tells by magic bytes what a file is, its name aside. Throws `not_a_photo` (415) for what is no photo, and for a TIFF unless
 * the installation takes them.
 */
export async function sniff(head: Uint8Array, tiff: boolean): Promise<Sniffed> {
  const type = await fileTypeOf(head);
  if (type === undefined || (type.kind === 'tiff' && !tiff)) {
    throw new Fault('invalid', 'This file is not a photo.', { code: 'not_a_photo', status: 415 });
  }
  return {
    contentType: type.mime,
    ...(measurable.has(type.mime) ? measure(head) : { width: undefined, height: undefined }),
  };
}

function measure(head: Uint8Array): { width: number | undefined; height: number | undefined } {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    return orientation >= 5 ? { width: height, height: width } : { width, height };
  } catch {
    return { width: undefined, height: undefined };
  }
}
