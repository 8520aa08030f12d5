import sharp, { type Sharp } from 'sharp';
import { oriented, picture } from '../phototest.ts';
import type { Case } from './casetest.ts';
import { shows, showsSeeThrough } from './lookstest.ts';
import { chunk, png, withChunks } from './pngfiletest.ts';
import { animatedWebp } from './webpfiletest.ts';

const size = { width: 120, height: 80 };
const ends = 'ready';

const encoded: { name: string; as: (from: Sharp) => Sharp; tolerance: number }[] = [
  { name: 'a baseline JPEG', as: (from) => from.jpeg({ quality: 95 }), tolerance: 4 },
  { name: 'a progressive JPEG', as: (from) => from.jpeg({ quality: 95, progressive: true }), tolerance: 4 },
  { name: 'a JPEG of 4:4:4', as: (from) => from.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }), tolerance: 4 },
  { name: 'a JPEG of 4:2:0', as: (from) => from.jpeg({ quality: 95, chromaSubsampling: '4:2:0' }), tolerance: 4 },
  { name: 'a JPEG of the lowest quality', as: (from) => from.jpeg({ quality: 1 }), tolerance: 60 },
  { name: 'a PNG', as: (from) => from.png(), tolerance: 3 },
  { name: 'an interlaced PNG', as: (from) => from.png({ progressive: true }), tolerance: 3 },
  { name: 'a PNG with a palette', as: (from) => from.png({ palette: true, dither: 0 }), tolerance: 4 },
  { name: 'a PNG of 16 bit', as: (from) => from.toColourspace('rgb16').png(), tolerance: 3 },
  { name: 'a lossy WebP', as: (from) => from.webp({ quality: 90 }), tolerance: 4 },
  { name: 'a lossless WebP', as: (from) => from.webp({ lossless: true }), tolerance: 3 },
  { name: 'an AVIF of 8 bit', as: (from) => from.avif({ quality: 80, effort: 0 }), tolerance: 4 },
  { name: 'an AVIF of 10 bit', as: (from) => from.avif({ quality: 80, effort: 0, bitdepth: 10 }), tolerance: 4 },
  { name: 'an AVIF of 12 bit', as: (from) => from.avif({ quality: 80, effort: 0, bitdepth: 12 }), tolerance: 4 },
  { name: 'a lossless AVIF', as: (from) => from.avif({ lossless: true, effort: 0 }), tolerance: 3 },
];

const seeThrough: { name: string; as: (from: Sharp) => Sharp }[] = [
  { name: 'a PNG with alpha', as: (from) => from.png() },
  { name: 'a PNG of 16 bit with alpha', as: (from) => from.toColourspace('rgb16').png() },
  { name: 'a lossy WebP with alpha', as: (from) => from.webp({ quality: 90 }) },
  { name: 'a lossless WebP with alpha', as: (from) => from.webp({ lossless: true }) },
  { name: 'an AVIF with alpha', as: (from) => from.avif({ quality: 80, effort: 0 }) },
];

/** Makes a WebP that is red in its first frame and blue in all others. */
async function flickering(times: number): Promise<Buffer> {
  const [first, other] = await Promise.all([plain('#f00'), plain('#00f')]);
  return animatedWebp({ width: 8, height: 8 }, first, other, times);
}

function plain(background: string): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .webp({ lossless: true })
    .toBuffer();
}

/** Makes an animated PNG: red while it stands still, blue in its one frame of animation. */
function apng(): Buffer {
  const rows = (...colour: number[]) => Buffer.concat(Array(8).fill(Buffer.from([0, ...Array(8).fill(colour).flat()])));
  const still = png({ width: 8, height: 8, depth: 8, colour: 2 }, rows(255, 0, 0));
  const moving = png({ width: 8, height: 8, depth: 8, colour: 2 }, rows(0, 0, 255));
  const data = moving.subarray(moving.indexOf('IDAT') + 4, moving.indexOf('IEND') - 8);
  const control = chunk(
    'fcTL',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8, ...Array(8).fill(0), 0, 1, 0, 9, 0, 0]),
  );
  const frame = chunk('fdAT', Buffer.concat([Buffer.from([0, 0, 0, 1]), data]));
  const start = chunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
  const end = still.length - 12;
  return Buffer.concat([withChunks(still.subarray(0, end), start), control, frame, still.subarray(end)]);
}

const red = [255, 0, 0];
const allRed = [red, red, red, red];
const tiny = { width: 8, height: 8 };

/** Lists what photographers bring that must simply work. */
export const formats: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation): Case => {
    const name = `a JPEG stored in orientation ${orientation}`;
    return { name, make: () => oriented(orientation), ends, size, check: shows(6) };
  }),
  ...encoded.map(({ name, as, tolerance }): Case => {
    return { name, make: () => as(picture()).toBuffer(), ends, size, check: shows(tolerance) };
  }),
  ...seeThrough.map(({ name, as }): Case => {
    return { name, make: () => as(picture().ensureAlpha(0.5)).toBuffer(), ends, size, check: showsSeeThrough(128) };
  }),
  {
    name: 'an animated WebP, of which the first frame is the photo',
    make: () => flickering(3),
    ends,
    size: tiny,
    check: shows(3, allRed),
  },
  {
    name: 'an animated WebP of 10,000 frames',
    times: 0,
    timesFull: 1,
    make: () => flickering(9_999),
    ends,
    size: tiny,
    check: shows(3, allRed),
  },
  { name: 'an animated PNG', make: apng, ends: 'failed' },
  { name: 'a GIF', make: () => picture().gif().toBuffer(), ends: 'failed' },
  { name: 'an animated GIF', make: () => animated().gif().toBuffer(), ends: 'failed' },
  { name: 'a TIFF', make: () => picture().tiff().toBuffer(), ends: 'failed' },
  {
    name: 'a TIFF where the owner allows it',
    make: () => picture().tiff().toBuffer(),
    tiff: true,
    ends,
    size,
    check: shows(4),
  },
  {
    name: 'a TIFF of 16 bit where the owner allows it',
    make: () => picture().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(),
    tiff: true,
    ends,
    size,
    check: shows(4),
  },
];

function animated(): Sharp {
  const data = Buffer.concat([Buffer.alloc(8 * 8 * 3, 200), Buffer.alloc(8 * 8 * 3, 20)]);
  return sharp(data, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } });
}
