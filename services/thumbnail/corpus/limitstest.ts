import sharp from 'sharp';
import { exifBlock } from '../exiftest.ts';
import type { Size } from '../size.ts';
import type { Case } from './casetest.ts';
import { flatJpeg, scansJpeg, segment, withSegments } from './jpegfiletest.ts';
import { blackPng, chunk, type PngHeader, withChunks } from './pngfiletest.ts';
import { extended, flatWebp, riffChunk, webp } from './webpfiletest.ts';

const most = { width: 16_000, height: 10_000 };
const oneMore = { width: 16_000, height: 10_001 };
const turned = { width: 10_000, height: 16_000 };
const bomb = { width: 65_535, height: 65_535 };
const ends = 'failed';
const unknown = riffChunk('XTRA', Buffer.alloc(2));

function grey(width: number, height: number): PngHeader {
  return { width, height, depth: 8, colour: 0 };
}

/** Makes a WebP whose header says a larger size than its picture has. */
function boasting(): Buffer {
  const picture = flatWebp({ width: 8, height: 8 }, [0, 0, 0]);
  return webp(extended({ width: 16_384, height: 16_384 }, 0), picture.subarray(12));
}

function onItsSide(jpeg: Buffer): Buffer {
  return withSegments(jpeg, segment(0xe1, exifBlock({ image: [[0x0112, [6]]] })));
}

/** Makes an AVIF whose header says a larger size than its picture has. */
async function boastingAvif(): Promise<Buffer> {
  const file = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#f00' } })
    .avif({ effort: 0 })
    .toBuffer();
  const at = file.indexOf('ispe') + 8;
  file.writeUInt32BE(65_535, at);
  file.writeUInt32BE(65_535, at + 4);
  return file;
}

const rare = { times: 0, timesFull: 1 } as const;
const small = { width: 64, height: 64 };

const smallest: readonly Case[] = [
  {
    name: 'a JPEG of 1 × 1',
    make: () => flatJpeg({ width: 1, height: 1 }),
    ends: 'ready',
    size: { width: 1, height: 1 },
  },
  { name: 'a PNG of 1 × 1', make: () => blackPng(grey(1, 1)), ends: 'ready', size: { width: 1, height: 1 } },
  {
    name: 'a hair of 1 × 60,000',
    make: () => flatJpeg({ width: 1, height: 60_000 }),
    ends: 'ready',
    size: { width: 1, height: 60_000 },
  },
  {
    name: 'a hair of 60,000 × 1',
    make: () => blackPng(grey(60_000, 1)),
    ends: 'ready',
    size: { width: 60_000, height: 1 },
  },
  {
    name: 'a hair of 70,000 × 1, longer than a JPEG can be',
    make: () => blackPng(grey(70_000, 1)),
    ends: 'ready',
    size: { width: 70_000, height: 1 },
  },
  { name: 'a PNG of 0 × 0', make: () => claiming(0), ends },
  { name: 'a JPEG of height 0', make: () => flatJpeg({ width: 64, height: 0 }), ends },
];

const webpMost = { width: 16_383, height: 9_766 };

const largest: { name: string; make: () => Buffer; size?: Size; often?: true }[] = [
  { name: 'a grey JPEG of 160 megapixels', make: () => flatJpeg(most), often: true },
  { name: 'a JPEG of 160 megapixels', make: () => flatJpeg({ ...most, components: 3 }) },
  { name: 'a CMYK JPEG of 160 megapixels', make: () => flatJpeg({ ...most, components: 4, adobe: 0 }) },
  {
    name: 'a JPEG of 160 megapixels on its side',
    make: () => onItsSide(flatJpeg({ ...most, components: 3 })),
    size: turned,
  },
  { name: 'a PNG of 160 megapixels', make: () => blackPng({ ...most, depth: 8, colour: 2 }) },
  { name: 'a PNG of 160 megapixels of 1 bit', make: () => blackPng({ ...most, depth: 1, colour: 0 }) },
  { name: 'a WebP of 160 megapixels', make: () => flatWebp(webpMost, [200, 40, 40]), size: webpMost },
];

const tooLarge: { name: string; make: () => Buffer | Promise<Buffer> }[] = [
  { name: 'a JPEG of 160 megapixels and one row', make: () => flatJpeg({ ...oneMore, components: 3 }) },
  { name: 'a PNG of 160 megapixels and one row', make: () => blackPng(grey(oneMore.width, oneMore.height)) },
  { name: 'a WebP of 160 megapixels and one row', make: () => flatWebp({ width: 16_383, height: 9_767 }, [0, 0, 0]) },
  { name: 'a WebP of 16,383 × 16,383 in 34 bytes', make: () => flatWebp({ width: 16_383, height: 16_383 }, [0, 0, 0]) },
  { name: 'a JPEG of 65,500 × 65,500', make: () => flatJpeg({ width: 65_500, height: 65_500 }) },
  { name: 'a PNG of 65,535 × 65,535, complete', make: () => blackPng({ ...bomb, depth: 1, colour: 0 }) },
  { name: 'a PNG of 2,147,483,647 × 2,147,483,647', make: () => claiming(2_147_483_647) },
  { name: 'a WebP that claims 16,384 × 16,384', make: boasting },
  { name: 'an AVIF that claims 65,535 × 65,535', make: boastingAvif },
  { name: 'a JPEG of five components', make: () => flatJpeg({ ...small, components: 5 }) },
  { name: 'a JPEG of ten components', make: () => flatJpeg({ ...small, components: 10 }) },
  { name: 'a JPEG of 12 bit', make: () => flatJpeg({ ...small, precision: 12, frame: 0xc1 }) },
];

const laborious: readonly Case[] = [
  {
    name: 'a progressive JPEG of 60 scans',
    make: () => scansJpeg(small, 60),
    ends: 'ready',
    size: small,
  },
  { name: 'a progressive JPEG of 160 megapixels in 882 scans', ...rare, make: () => scansJpeg(most, 882), ends },
  {
    name: 'a PNG of 150 megapixels, interlaced, of 16 bit with alpha, which no decoder holds in 1 GiB',
    ...rare,
    make: () => blackPng({ width: 15_000, height: 10_000, depth: 16, colour: 6, interlaced: true }),
    ends,
  },
  {
    name: 'a PNG whose text unpacks to 256 MiB',
    make: () => withChunks(blackPng(grey(64, 64)), bombChunk('zTXt', 'Comment\0\0')),
    ends: ['ready', 'damaged'],
  },
  {
    name: 'a PNG whose profile unpacks to 256 MiB',
    make: () => withChunks(blackPng(grey(64, 64)), bombChunk('iCCP', 'profile\0\0')),
    ends: ['ready', 'damaged'],
  },
  {
    name: 'a PNG of 100,000 comments',
    make: () => withChunks(blackPng(grey(64, 64)), ...Array<Buffer>(100_000).fill(chunk('tEXt', 'Comment\0x'))),
    ends: ['ready', 'damaged'],
  },
  {
    name: 'a WebP with 100,000 unknown chunks',
    make: () =>
      webp(extended(small, 0), flatWebp(small, [0, 0, 0]).subarray(12), ...Array<Buffer>(100_000).fill(unknown)),
    ends: 'ready',
    size: small,
  },
];

/** Lists files at both ends of what may be decoded: the smallest, the largest, and what only claims to be small. */
export const limits: readonly Case[] = [
  ...smallest,
  ...largest.map(({ often, ...file }): Case => ({ ends: 'ready', size: most, ...(!often && rare), ...file })),
  ...tooLarge.map((file): Case => ({ ...file, ends })),
  ...laborious,
];

function claiming(edge: number): Buffer {
  return blackPng({ width: 1, height: 1, depth: 8, colour: 0 }).fill(header(edge), 8, 33);
}

function header(edge: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(edge, 0);
  data.writeUInt32BE(edge, 4);
  data[8] = 8;
  return chunk('IHDR', data);
}

// The packed rows of a large picture are nothing but packed zeros.
function bombChunk(type: string, before: string): Buffer {
  const file = blackPng(grey((1 << 20) - 1, 256));
  return chunk(type, Buffer.concat([Buffer.from(before), file.subarray(file.indexOf('IDAT') + 4, file.length - 16)]));
}
