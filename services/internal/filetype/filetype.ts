import { fileTypeFromBuffer } from 'file-type';
import { bytesOf, type Directory, mainDirectory, numberOf, openTiff } from './tiff.ts';

/** Names how a file is decoded. */
export type Kind = 'jpeg' | 'png' | 'webp' | 'avif' | 'heic' | 'tiff' | 'raw';

const kinds: Record<string, Kind> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/x-canon-cr2': 'raw',
  'image/x-canon-cr3': 'raw',
  'image/x-nikon-nef': 'raw',
  'image/x-adobe-dng': 'raw',
  'image/x-fujifilm-raf': 'raw',
  'image/x-olympus-orf': 'raw',
  'image/x-panasonic-rw2': 'raw',
};

/** Tells by a file's first bytes (4 KiB suffice) how it is decoded, its name aside; undefined for what is no photo. */
export async function kindOf(head: Uint8Array): Promise<Kind | undefined> {
  const isTiff = openTiff(head) !== undefined;
  // Where the directory stands at the file's end, as in most plain TIFFs, file-type finds nothing in the head.
  const mime = (await fileTypeFromBuffer(head))?.mime ?? (isTiff ? 'image/tiff' : '');
  if (mime === 'image/heif') return brandsOf(head).includes('avif') ? 'avif' : 'heic';
  if (mime !== 'image/tiff' && mime !== 'image/x-sony-arw') return kinds[mime];
  if (!isTiff) return undefined;
  return isRaw(mainDirectory(head)) ? 'raw' : 'tiff';
}

function brandsOf(head: Uint8Array): string[] {
  const end = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const brands = Buffer.from(head.subarray(16, Math.min(end, 256))).toString('latin1');
  return brands.match(/.{4}/gs) ?? [];
}

// file-type takes every TIFF with a tag for printers as Sony's and knows few of Nikon's: a raw file is one whose first
// picture says of itself that it is a small one, with the true one below it, or that shows a sensor's mosaic.
function isRaw(directory: Directory | undefined): boolean {
  if (directory === undefined) return false;
  const small = ((numberOf(directory, 0xfe) ?? 0) & 1) === 1;
  const mosaic = [32_803, 34_892].includes(numberOf(directory, 0x106) ?? 0);
  return mosaic || (small && directory.entries.has(0x14a)) || isSony(directory);
}

function isSony(directory: Directory): boolean {
  const make = Buffer.from(bytesOf(directory, 0x10f) ?? []).toString('latin1');
  return make.startsWith('SONY') && directory.entries.has(0x14a);
}
