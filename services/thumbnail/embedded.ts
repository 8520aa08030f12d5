import { bytesOf, type Directory, directoryAt, mainDirectory, numberOf } from '#internal/filetype/tiff.ts';

interface Segment {
  marker: number;
  body: Uint8Array;
  /** Is where the body stands in the file. */
  start: number;
}

/**
 * Finds the largest small copy of itself that a JPEG carries, without decoding anything: Multi-Picture Format's, Nikon's or
 * EXIF's. It is turned as the JPEG itself is. What has another shape (a thumbnail with bars) is no preview; undefined if none.
 */
export function embeddedPreview(jpeg: Uint8Array): Uint8Array | undefined {
  const shape = shapeOf(jpeg);
  if (shape === undefined) return undefined;
  return candidates(jpeg)
    .filter((found) => isLike(shape, shapeOf(found)))
    .reduce<Uint8Array | undefined>((best, found) => (found.length > (best?.length ?? 0) ? found : best), undefined);
}

// A thumbnail is rounded to whole pixels, and some cameras round it to whole blocks of eight.
function isLike(shape: number, other: number | undefined): boolean {
  return other !== undefined && Math.abs(other / shape - 1) <= 0.03;
}

function candidates(jpeg: Uint8Array): Uint8Array[] {
  return [...segmentsOf(jpeg)].flatMap((segment) => {
    if (segment.marker === 0xe2 && startsWith(segment.body, 'MPF\0')) return multiPictures(jpeg, segment);
    if (segment.marker === 0xe1 && startsWith(segment.body, 'Exif\0\0')) return exifPreviews(segment.body.subarray(6));
    return [];
  });
}

// Only what says of itself that it is a large thumbnail: the others are gain maps, depth maps and other views.
function multiPictures(jpeg: Uint8Array, { body, start }: Segment): Uint8Array[] {
  const directory = mainDirectory(body.subarray(4));
  const entries = directory && bytesOf(directory, 0xb002);
  if (entries === undefined) return [];
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const read = (at: number) => view.getUint32(at, directory?.tiff.little);
  return Array.from({ length: Math.floor(entries.length / 16) }, (_, i) => i * 16)
    .filter((at) => (read(at) & 0xff_00_00) === 0x01_00_00)
    .flatMap((at) => pictureAt(jpeg, start + 4 + read(at + 8), read(at + 4)));
}

function exifPreviews(block: Uint8Array): Uint8Array[] {
  const main = mainDirectory(block);
  if (main === undefined) return [];
  const exif = directoryAt(main.tiff, numberOf(main, 0x8769) ?? 0);
  const thumbnail = isUntouched(main, exif) ? pictureOf(block, directoryAt(main.tiff, main.next)) : [];
  return [...thumbnail, ...nikonPreviews(exif)];
}

// Editors that change a picture change its time, and often leave the thumbnail of the one before.
function isUntouched(main: Directory, exif: Directory | undefined): boolean {
  const [changed, taken] = [bytesOf(main, 0x132), exif && bytesOf(exif, 0x9003)];
  return changed === undefined || (taken !== undefined && Buffer.from(changed).equals(taken));
}

// Nikon's maker note is a TIFF structure of its own, of which tag 0x11 leads to the preview's directory.
function nikonPreviews(exif: Directory | undefined): Uint8Array[] {
  const note = exif && bytesOf(exif, 0x927c);
  if (note === undefined || !startsWith(note, 'Nikon\0')) return [];
  const block = note.subarray(10);
  const inner = mainDirectory(block);
  return inner ? pictureOf(block, directoryAt(inner.tiff, numberOf(inner, 0x11) ?? 0)) : [];
}

function pictureOf(block: Uint8Array, directory: Directory | undefined): Uint8Array[] {
  const start = directory && numberOf(directory, 0x201);
  const length = directory && numberOf(directory, 0x202);
  return start === undefined || length === undefined ? [] : pictureAt(block, start, length);
}

function pictureAt(bytes: Uint8Array, start: number, length: number): Uint8Array[] {
  const inside = start > 0 && length > 4 && start + length <= bytes.length;
  return inside && bytes[start] === 0xff && bytes[start + 1] === 0xd8 ? [bytes.subarray(start, start + length)] : [];
}

// Width by height as the frame header says.
function shapeOf(jpeg: Uint8Array): number | undefined {
  for (const { marker, body } of segmentsOf(jpeg)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (!isFrame || body.length < 5) continue;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const [height, width] = [view.getUint16(1), view.getUint16(3)];
    return height > 0 && width > 0 ? width / height : undefined;
  }
  return undefined;
}

// Each step goes on by two bytes at least, and pixels end it.
function* segmentsOf(jpeg: Uint8Array): Generator<Segment> {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) return;
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker === 0xda || marker === 0xd9) return;
    const length = marker === 0xff ? -1 : ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0);
    if (length >= 2 && at + 2 + length <= jpeg.length) {
      yield { marker, body: jpeg.subarray(at + 4, at + 2 + length), start: at + 4 };
    } else if (length >= 0) return;
    at += length < 0 ? 1 : 2 + length;
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}
