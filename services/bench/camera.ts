import { seeded } from '../faults/random.ts';
import { type Field, writeTiff } from './tiff.ts';

/** Is what a camera puts around the pictures of one photo. */
export interface Shot {
  /** Are the main picture, a preview of it and its thumbnail, each a whole JPEG. */
  primary: Buffer;
  preview: Buffer;
  thumbnail: Buffer;
  profile: Buffer;
  orientation: number;
  /** Tells photos apart: in their maker notes and in the time that they were taken. */
  number: number;
}

const makerNoteBytes = 24 * 1_024;

/** Joins a photo's pictures as cameras do: EXIF with the thumbnail, the colour profile, MPF, and the preview behind the end. */
export function assemble(shot: Shot): Buffer {
  const scan = shot.primary.subarray(endOfJfif(shot.primary));
  const before = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifOf(shot)])),
    segment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\u0001\u0001', 'latin1'), shot.profile])),
  ]);
  const mpfAt = before.length + 8; // offsets count from behind marker, length and "MPF\0"
  const mpfBytes = segment(0xe2, mpfOf(0, 0, 0)).length;
  const primaryBytes = before.length + mpfBytes + scan.length;
  const mpf = mpfOf(primaryBytes, shot.preview.length, primaryBytes - mpfAt);
  return Buffer.concat([before, segment(0xe2, mpf), scan, shot.preview]);
}

function endOfJfif(jpeg: Buffer): number {
  return jpeg.readUInt16BE(2) === 0xffe0 ? 4 + jpeg.readUInt16BE(4) : 2;
}

function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

function exifOf({ thumbnail, orientation, number }: Shot): Buffer {
  const main: Field[] = [
    { tag: 0x010f, value: { text: 'Kilat' } },
    { tag: 0x0110, value: { text: 'Bench 24' } },
    { tag: 0x0112, value: { short: orientation } },
    { tag: 0x011a, value: { fraction: [300, 1] } },
    { tag: 0x011b, value: { fraction: [300, 1] } },
    { tag: 0x0128, value: { short: 2 } },
    { tag: 0x8769, value: { directory: photoFields(number) } },
  ];
  const small = (offset: number): Field[] => [
    { tag: 0x0103, value: { short: 6 } },
    { tag: 0x0201, value: { long: offset } },
    { tag: 0x0202, value: { long: thumbnail.length } },
  ];
  const offset = writeTiff([main, small(0)]).length;
  return Buffer.concat([writeTiff([main, small(offset)]), thumbnail]);
}

function photoFields(number: number): Field[] {
  const random = seeded(number);
  const second = String(number % 60).padStart(2, '0');
  return [
    { tag: 0x829a, value: { fraction: [1, 250] } },
    { tag: 0x829d, value: { fraction: [28, 10] } },
    { tag: 0x8827, value: { short: 800 } },
    { tag: 0x9003, value: { text: `2026:06:20 18:30:${second}` } },
    { tag: 0x9011, value: { text: '+02:00' } },
    { tag: 0x920a, value: { fraction: [50, 1] } },
    { tag: 0x927c, value: { bytes: Uint8Array.from({ length: makerNoteBytes }, () => random() * 256) } },
    { tag: 0x9291, value: { text: '42' } },
  ];
}

// CIPA DC-007: a directory of two pictures, the baseline primary one and a large thumbnail in full HD.
function mpfOf(primaryBytes: number, previewBytes: number, previewAt: number): Buffer {
  const entries = new Uint8Array(
    Uint32Array.of(0x20030000, primaryBytes, 0, 0, 0x00010002, previewBytes, previewAt, 0).buffer,
  );
  const index: Field[] = [
    { tag: 0xb000, value: { bytes: Buffer.from('0100') } },
    { tag: 0xb001, value: { long: 2 } },
    { tag: 0xb002, value: { bytes: entries } },
  ];
  return Buffer.concat([Buffer.from('MPF\0', 'latin1'), writeTiff([index])]);
}
