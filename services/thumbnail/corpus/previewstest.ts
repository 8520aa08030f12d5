import sharp from 'sharp';
import { oriented } from '../phototest.ts';
import type { Case, Developed } from './casetest.ts';
import { cutAt } from './chancetest.ts';
import { flatJpeg, segment, withSegments } from './jpegfiletest.ts';
import { shows } from './lookstest.ts';
import { tellingSegments } from './secretstest.ts';

const ends = 'ready';
const size = { width: 600, height: 400 };

/** Enlarges a test picture as it is stored, without turning it. */
async function enlarged(stored: Buffer, orientation?: number): Promise<Buffer> {
  const { width, height } = await sharp(stored).metadata();
  const larger = sharp(stored).resize({ width: width * 5, height: height * 5, kernel: 'nearest' });
  return (orientation === undefined ? larger : larger.withMetadata({ orientation })).jpeg({ quality: 95 }).toBuffer();
}

/** Puts a preview behind a JPEG, and names it in front, as the Multi-Picture Format has it. */
function withPreview(jpeg: Buffer, preview: Buffer): Buffer {
  const entries = Buffer.alloc(32);
  entries.writeUInt32BE(0x2003_0000);
  entries.writeUInt32BE(0x0001_0002, 16);
  entries.writeUInt32BE(preview.length, 20);
  const directory = Buffer.from([
    0, 2, 0xb0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0xb0, 2, 0, 7, 0, 0, 0, 32, 0, 0, 0, 38, 0, 0, 0, 0,
  ]);
  const header = 2 + 4 + 'MPF\0'.length;
  const make = () => withSegments(jpeg, segment(0xe2, 'MPF\0', 'MM\0*\0\0\0\x08', directory, entries));
  entries.writeUInt32BE(make().length - header, 24);
  return Buffer.concat([make(), preview]);
}

/** Makes a photo in an orientation whose preview is stored in the same. */
async function previewed(orientation: number, preview: (own: Buffer) => Buffer | Promise<Buffer> = (own) => own) {
  const stored = await oriented(orientation);
  return withPreview(await enlarged(stored, orientation), await preview(await enlarged(stored)));
}

function hasPreview(photo: Developed): void {
  if (!photo.renditions.has('preview')) throw new Error('no preview was made of what the camera embedded');
}

function hasNone({ renditions }: Developed): void {
  if (renditions.has('preview')) throw new Error('a preview was made of what is none');
}

const unfit: { name: string; preview: (own: Buffer) => Buffer | Promise<Buffer> }[] = [
  { name: 'of another shape', preview: () => flatJpeg({ width: 400, height: 400 }) },
  { name: 'that breaks off', preview: (own) => cutAt(own, 8) },
  { name: 'that is a text', preview: () => Buffer.from('no picture') },
  { name: 'of 65,500 × 43,667', preview: () => flatJpeg({ width: 65_500, height: 43_667 }) },
  { name: 'smaller than a thumbnail', preview: () => flatJpeg({ width: 60, height: 40 }) },
];

/** Lists JPEGs with a smaller picture in them, as most cameras put one there to be shown at once. */
export const previews: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation): Case => {
    const check = async (photo: Developed) => {
      hasPreview(photo);
      await shows(8)(photo);
    };
    return {
      name: `a JPEG with a preview, in orientation ${orientation}`,
      make: () => previewed(orientation),
      ends,
      size,
      check,
    };
  }),
  ...unfit.map(({ name, preview }): Case => {
    return { name: `a JPEG with a preview ${name}`, make: () => previewed(1, preview), ends, size, check: hasNone };
  }),
  {
    name: 'a JPEG whose preview has GPS, serial numbers and names in every place',
    make: () => previewed(1, (own) => withSegments(own, ...tellingSegments)),
    ends,
    size,
    check: hasPreview,
  },
];
