import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import { Fault } from '#internal/fault/fault.ts';
import type { Sniffed } from '#internal/uploads/upload.ts';

/** Is how many of a file's first bytes are looked at; the picture's size stands within them. */
export const sniffBytes = 512 * 1024;

/** Is how many of a file's first bytes tell its type. */
export const magicBytes = 4100;

const photoTypes = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/heif',
  'image/x-canon-cr2',
  'image/x-canon-cr3',
  'image/x-nikon-nef',
  'image/x-sony-arw',
  'image/x-adobe-dng',
  'image/x-fujifilm-raf',
  'image/x-olympus-orf',
  'image/x-panasonic-rw2',
]);
// A raw file's own header describes its embedded thumbnail.
const measurable = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/heif']);

/** Tells by magic bytes what a file is, its name aside. Throws `not_a_photo` (415) for what is no photo. */
export async function sniff(head: Uint8Array): Promise<Sniffed> {
  const type = await fileTypeFromBuffer(head);
  if (type === undefined || !photoTypes.has(type.mime)) {
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
