import { exifBlock } from '../exiftest.ts';
import { heicOf } from '../heictest.ts';
import { corners, oriented, picture } from '../phototest.ts';
import { rawOf, rawTypes } from '../rawtest.ts';
import type { Case } from './casetest.ts';
import { cutAt, flipped } from './chancetest.ts';
import { adobeRgb, profile } from './icctest.ts';
import { flatJpeg, withSegments } from './jpegfiletest.ts';
import { shows } from './lookstest.ts';
import { secret, telling, tellingSegments } from './secretstest.ts';

const size = { width: 120, height: 80 };
const tile = { width: 64, height: 64 };
const ends = 'ready';
const any = ['ready', 'damaged', 'failed'] as const;
const rare = { times: 0, timesFull: 1 } as const;
const [topLeft, topRight, bottomLeft, bottomRight] = corners;

function jpeg(): Promise<Buffer> {
  return picture().jpeg({ quality: 95 }).toBuffer();
}

const exif = exifBlock(telling).subarray(6);
const onItsSide = exifBlock({ image: [[0x0112, [6]]] }).subarray(6);

const raws = (
  [
    ...rawTypes.map((type): Case => {
      const make = async () => rawOf(type, { preview: await jpeg() });
      return { name: `${type.toUpperCase()} with a preview`, make, ends, size, check: shows(6) };
    }),
    {
      name: 'NEF of a camera on its side',
      make: async () => rawOf('nef', { preview: await unturned(6), orientation: 6 }),
      ends,
      size,
      check: shows(6),
    },
    {
      name: 'NEF whose preview has GPS, serial numbers and names in every place',
      make: async () => rawOf('nef', { preview: withSegments(await jpeg(), ...tellingSegments) }),
      ends,
    },
    {
      name: 'NEF called .jpg',
      make: async () => rawOf('nef', { preview: await jpeg() }),
      called: 'photo.jpg',
      ends,
      size,
    },
    { name: 'NEF without a preview', make: () => rawOf('nef', { preview: Buffer.alloc(0) }), ends: 'failed' },
    { name: 'CR3 without a preview', make: () => rawOf('cr3', { preview: Buffer.alloc(0) }), ends: 'failed' },
    {
      name: 'DNG whose preview is a text',
      make: () => rawOf('dng', { preview: Buffer.from('no picture') }),
      ends: 'failed',
    },
    {
      name: 'ARW whose preview is of 65,500 × 65,500',
      make: () => rawOf('arw', { preview: flatJpeg({ width: 65_500, height: 65_500 }) }),
      ends: 'failed',
    },
    {
      name: 'CR2 cut off at a sixteenth',
      times: 3,
      timesFull: 15,
      make: async (nth: number) => cutAt(rawOf('cr2', { preview: await jpeg() }), (nth * 5 + 4) % 16),
      ends: any,
    },
  ] satisfies Case[]
).map((file): Case => ({ ...file, name: `${/^[ANOR]/.test(file.name) ? 'an' : 'a'} ${file.name}` }));

// What the camera stored, without its telling how it was held.
async function unturned(orientation: number): Promise<Buffer> {
  const stored = await oriented(orientation);
  const end = stored.indexOf(Buffer.from([0xff, 0xdb]));
  return Buffer.concat([stored.subarray(0, 2), stored.subarray(end)]);
}

const heics: readonly Case[] = [
  { name: 'a HEIC', make: () => heicOf(), ends, size: tile, check: shows(8) },
  {
    name: 'a HEIC of twelve tiles',
    make: () => heicOf({ columns: 4, rows: 3 }),
    ends,
    size: { width: 256, height: 192 },
  },
  {
    name: 'a HEIC that is to be turned',
    make: () => heicOf({ turns: 1 }),
    ends,
    size: tile,
    check: shows(8, [topRight, bottomRight, topLeft, bottomLeft]),
  },
  {
    name: 'a HEIC whose EXIF tells of a turn that is made already',
    make: () => heicOf({ exif: onItsSide }),
    ends,
    size: tile,
    check: shows(8),
  },
  {
    name: 'a HEIC with GPS, serial numbers and names',
    make: () => heicOf({ exif, icc: profile(adobeRgb, secret, secret) }),
    ends,
    size: tile,
  },
  { name: 'a HEIC called .jpg', make: () => heicOf(), called: 'photo.jpg', ends, size: tile, check: shows(8) },
  { name: 'a HEIC that claims 65,535 × 65,535', make: () => heicOf({ width: 65_535, height: 65_535 }), ends: 'failed' },
  {
    name: 'a HEIC of 100 × 100 tiles, 41 megapixels',
    ...rare,
    make: () => heicOf({ columns: 100, rows: 100 }),
    ends: [...any],
  },
  {
    name: 'a HEIC cut off at a sixteenth',
    times: 15,
    make: (nth) => cutAt(heicOf(), nth + 1),
    ends: ['damaged', 'failed'],
  },
  {
    name: 'a HEIC with one bit turned over',
    times: 16,
    timesFull: 256,
    make: (nth) => flipped(heicOf({ columns: 2, rows: 2 }), nth),
    ends: any,
  },
];

/** Lists what cameras and phones make that browsers do not show. */
export const cameras: readonly Case[] = [...raws, ...heics];
