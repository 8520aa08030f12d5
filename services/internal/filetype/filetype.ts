import { fileTypeFromBuffer } from 'file-type';
import { bytesOf, type Directory, mainDirectory, numberOf, openTiff } from './tiff.ts';

/** Names how a file is decoded. */
export type Kind = 'jpeg' | 'png' | 'webp' | 'avif' | 'heic' | 'tiff' | 'raw';

/** Is what a file's first bytes tell of it: how it is decoded, and its media type. */
export interface FileType {
  kind: Kind;
  mime: string;
}

const kinds: Record<string, Kind> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/heif': 'heic',
  'image/tiff': 'tiff',
  'image/x-canon-cr2': 'raw',
  'image/x-canon-cr3': 'raw',
  'image/x-nikon-nef': 'raw',
  'image/x-sony-arw': 'raw',
  'image/x-adobe-dng': 'raw',
  'image/x-fujifilm-raf': 'raw',
  'image/x-olympus-orf': 'raw',
  'image/x-panasonic-rw2': 'raw',
};
const makers: readonly [RegExp, string][] = [
  [/^NIKON/i, 'image/x-nikon-nef'],
  [/^SONY/i, 'image/x-sony-arw'],
  [/^Canon/i, 'image/x-canon-cr2'],
  [/^(OLYMPUS|OM Digital)/i, 'image/x-olympus-orf'],
  [/^Panasonic/i, 'image/x-panasonic-rw2'],
];
const [make, dngVersion] = [0x10f, 0xc612];

/** Tells by a file's first bytes (4 KiB suffice) what it is, its name aside; undefined for what is no photo. */
export async function fileTypeOf(head: Uint8Array): Promise<FileType | undefined> {
  const isTiff = openTiff(head) !== undefined;
  // Where the directory stands at the file's end, as in most plain TIFFs, file-type finds nothing in the head.
  const mime = (await fileTypeFromBuffer(head))?.mime ?? (isTiff ? 'image/tiff' : '');
  if (mime === 'image/heif' && brandsOf(head).includes('avif')) return { kind: 'avif', mime: 'image/avif' };
  if (mime === 'image/tiff' || mime === 'image/x-sony-arw') return isTiff ? tiffTypeOf(mainDirectory(head)) : undefined;
  const kind = kinds[mime];
  return kind && { kind, mime };
}

function brandsOf(head: Uint8Array): string[] {
  const end = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const brands = Buffer.from(head.subarray(16, Math.min(end, 256))).toString('latin1');
  return brands.match(/.{4}/gs) ?? [];
}

// file-type takes every TIFF with a tag for printers as Sony's and knows few of Nikon's.
function tiffTypeOf(directory: Directory | undefined): FileType {
  if (directory === undefined || !isRaw(directory)) return { kind: 'tiff', mime: 'image/tiff' };
  if (directory.entries.has(dngVersion)) return { kind: 'raw', mime: 'image/x-adobe-dng' };
  const maker = Buffer.from(bytesOf(directory, make) ?? []).toString('latin1');
  return { kind: 'raw', mime: makers.find(([known]) => known.test(maker))?.[1] ?? 'image/x-raw' };
}

// A raw file is one whose first picture says of itself that it is a small one, with the true one below it, or that shows a
// sensor's mosaic.
function isRaw(directory: Directory): boolean {
  const small = ((numberOf(directory, 0xfe) ?? 0) & 1) === 1;
  const mosaic = [32_803, 34_892].includes(numberOf(directory, 0x106) ?? 0);
  return mosaic || (small && directory.entries.has(0x14a)) || isSony(directory);
}

function isSony(directory: Directory): boolean {
  const maker = Buffer.from(bytesOf(directory, make) ?? []).toString('latin1');
  return maker.startsWith('SONY') && directory.entries.has(0x14a);
}
