import { corners, picture } from '../phototest.ts';
import type { Case } from './casetest.ts';
import { adobeRgb, levelsIn, profile } from './icctest.ts';
import { flatJpeg, segment, withSegments } from './jpegfiletest.ts';
import { shows } from './lookstest.ts';
import { chunk, png, withChunks } from './pngfiletest.ts';

const size = { width: 128, height: 96 };
const ends = 'ready';

/** Makes a JPEG of four corners, the levels of each given as they are stored. */
function cornered(levels: readonly (readonly number[])[], adobe?: 0 | 1 | 2): Buffer {
  const block = (column: number, row: number) => levels[(row < 6 ? 0 : 2) + (column < 8 ? 0 : 1)] ?? [];
  return flatJpeg({ ...size, block, ...(adobe !== undefined && { adobe }) });
}

function toYcc([r = 0, g = 0, b = 0]: readonly number[]): number[] {
  return [
    0.299 * r + 0.587 * g + 0.114 * b,
    128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
    128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
  ];
}

/** Makes the segment that carries a profile in a JPEG. */
export function profileSegment(icc: Buffer): Buffer {
  return segment(0xe2, 'ICC_PROFILE\0', [1, 1], icc);
}

const adobeCorners = corners.map((colour) => levelsIn(adobeRgb, colour));
const adobeProfile = profile(adobeRgb, 'Adobe RGB (1998)');
// Red light raises the blue channel: only who applies this profile sees the right colours.
const swapped = { ...adobeRgb, red: adobeRgb.blue, blue: adobeRgb.red };
const swappedCorners = corners.map((colour) => levelsIn(swapped, colour));

// Inks as Adobe's programs store them: 255 is none, 0 is full.
const inks = [
  [255, 255, 255, 255],
  [255, 255, 255, 0],
  [0, 255, 255, 255],
  [255, 0, 0, 255],
] as const;
// Paper, black, cyan, and magenta over yellow, as common printing inks look; printers differ, so the tolerance is wide.
const printed = [
  [255, 255, 255],
  [35, 31, 32],
  [0, 174, 239],
  [237, 28, 36],
];

function grey16(): Buffer {
  const levels = [0, 21_845, 43_690, 65_535];
  const row = (left: number, right: number) => [0, ...repeated(left), ...repeated(right)];
  const repeated = (level: number) => Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? level >> 8 : level & 255));
  const [a = 0, b = 0, c = 0, d = 0] = levels;
  const rows = [...Array(8).fill(row(a, b)), ...Array(8).fill(row(c, d))].flat();
  return png({ width: 16, height: 16, depth: 16, colour: 0 }, Buffer.from(rows));
}

const greys = [0, 85, 170, 255].map((level) => [level, level, level]);

/** Lists pictures whose stored numbers are not yet what a screen shows. */
export const colours: readonly Case[] = [
  {
    name: 'a grey JPEG',
    make: () => cornered(greys.map(([level = 0]) => [level])),
    ends,
    size,
    check: shows(3, greys),
  },
  { name: 'a grey PNG of 16 bit', make: grey16, ends, check: shows(3, greys) },
  { name: 'a JPEG stored as RGB', make: () => cornered(corners, 0), ends, size, check: shows(3) },
  { name: 'a JPEG in CMYK', make: () => cornered(inks, 0), ends, size, check: shows(40, printed) },
  {
    name: 'a JPEG in YCCK',
    make: () =>
      cornered(
        inks.map(([c, m, y, k]) => [...toYcc([255 - c, 255 - m, 255 - y]), k]),
        2,
      ),
    ends,
    size,
    check: shows(40, printed),
  },
  {
    name: 'a JPEG in Display P3',
    make: () => picture().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    ends,
    check: shows(5),
  },
  {
    name: 'a JPEG in Adobe RGB',
    make: () => withSegments(cornered(adobeCorners, 0), profileSegment(adobeProfile)),
    ends,
    size,
    check: shows(4),
  },
  {
    name: 'a JPEG whose profile swaps red and blue',
    make: () => withSegments(cornered(swappedCorners, 0), profileSegment(profile(swapped, 'Swapped'))),
    ends,
    size,
    check: shows(4),
  },
  {
    name: 'a JPEG whose profile only mentions sRGB',
    make: () =>
      withSegments(cornered(swappedCorners, 0), profileSegment(profile(swapped, 'Swapped', 'wider than sRGB'))),
    ends,
    size,
    check: shows(4),
  },
  {
    name: 'a JPEG whose profile is rubbish',
    make: () => withSegments(cornered(corners, 0), profileSegment(Buffer.alloc(400, 'rubbish'))),
    ends: ['ready', 'damaged'],
    size,
    check: shows(4),
  },
  {
    name: 'an AVIF in Display P3',
    make: () => picture().withIccProfile('p3').avif({ quality: 90, effort: 0 }).toBuffer(),
    ends,
    check: shows(6),
  },
  {
    name: 'a WebP in Display P3',
    make: () => picture().withIccProfile('p3').webp({ quality: 95 }).toBuffer(),
    ends,
    check: shows(6),
  },
  {
    name: 'a PNG of 16 bit in Display P3',
    make: () => picture().withIccProfile('p3').toColourspace('rgb16').png().toBuffer(),
    ends,
    check: shows(5),
  },
  {
    name: 'a PNG of 16 bit in sRGB that says so',
    make: () => picture().withIccProfile('srgb').toColourspace('rgb16').png().toBuffer(),
    ends,
    check: shows(5),
  },
  {
    name: 'an AVIF of 10 bit in Display P3',
    make: () => picture().withIccProfile('p3').avif({ quality: 90, effort: 0, bitdepth: 10 }).toBuffer(),
    ends,
    check: shows(6),
  },
  {
    name: 'a PNG whose palette has holes',
    make: () => withChunks(palettePng(), chunk('tRNS', Buffer.from([0]))),
    ends: ['ready', 'damaged', 'failed'],
  },
];

// Its pixels name colours that its palette does not have.
function palettePng(): Buffer {
  const palette = chunk('PLTE', Buffer.from([255, 0, 0]));
  return png({ width: 8, height: 8, depth: 8, colour: 3 }, Buffer.alloc(9 * 8, 0).fill(9, 1, 9), palette);
}
