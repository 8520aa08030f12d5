import sharp from 'sharp';
import type { Case } from './casetest.ts';
import { chanceOf, cutAt, flipped } from './chancetest.ts';
import { segment, withSegments } from './jpegfiletest.ts';

const either = ['damaged', 'failed'] as const;
const any = ['ready', 'damaged', 'failed'] as const;
const kept = new Map<string, Promise<Buffer>>();

/** Gives a photo-like picture of 400 × 300 in a format, always the same bytes. */
export function photoIn(format: 'jpeg' | 'png' | 'webp' | 'avif', options: object = {}): Promise<Buffer> {
  const key = format + JSON.stringify(options);
  const made = kept.get(key) ?? texture().toFormat(format, options).toBuffer();
  kept.set(key, made);
  return made;
}

function texture() {
  const [width, height] = [400, 300];
  const chance = chanceOf(7);
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = 128 + 90 * Math.sin(i / 9_000) * Math.cos(i / 311) + 30 * chance();
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Lists files that were whole once: cut off, or with a bit turned over. */
export const broken: readonly Case[] = [
  {
    name: 'a JPEG cut off at a sixteenth',
    times: 15,
    make: async (nth) => cutAt(await photoIn('jpeg'), nth + 1),
    ends: 'damaged',
    size: { width: 400, height: 300 },
  },
  {
    name: 'a progressive JPEG cut off at a sixteenth',
    times: 15,
    make: async (nth) => cutAt(await photoIn('jpeg', { progressive: true }), nth + 1),
    // Where it breaks off in a table between two scans, nothing is shown.
    ends: either,
    size: { width: 400, height: 300 },
  },
  {
    name: 'a JPEG cut off within its header',
    make: async () => (await photoIn('jpeg')).subarray(0, 100),
    ends: 'failed',
  },
  ...(['png', 'webp', 'avif'] as const).map((format): Case => {
    const make = async (nth: number) => cutAt(await photoIn(format, { effort: 1 }), nth + 1);
    return { name: `${article(format)} cut off at a sixteenth`, times: 15, make, ends: either };
  }),
  {
    name: 'a JPEG without its last two bytes',
    make: async () => (await photoIn('jpeg')).subarray(0, -2),
    ends: 'damaged',
  },
  ...(['jpeg', 'png', 'webp', 'avif'] as const).map((format): Case => {
    const make = async (nth: number) => flipped(await photoIn(format, format === 'jpeg' ? {} : { effort: 1 }), nth);
    const times = format === 'jpeg' ? 64 : 16;
    return { name: `${article(format)} with one bit turned over`, times, timesFull: 256, make, ends: any };
  }),
  {
    name: 'a JPEG with a hole of zeros in its middle',
    make: async () => Buffer.from(await photoIn('jpeg')).fill(0, 8_000, 12_000),
    ends: 'damaged',
  },
  {
    name: 'a JPEG followed by a megabyte of zeros',
    make: async () => Buffer.concat([await photoIn('jpeg'), Buffer.alloc(1 << 20)]),
    ends: 'ready',
  },
  {
    name: 'two JPEGs in one file',
    make: async () => Buffer.concat([await photoIn('jpeg'), await photoIn('jpeg', { progressive: true })]),
    ends: 'ready',
  },
  {
    name: 'a JPEG with 2,000 comments of 64 KiB, 125 MiB in all',
    times: 0,
    timesFull: 1,
    make: async () =>
      withSegments(await photoIn('jpeg'), ...Array<Buffer>(2_000).fill(segment(0xfe, Buffer.alloc(65_000)))),
    ends: 'ready',
  },
];

function article(format: string): string {
  return { png: 'a PNG', webp: 'a WebP', avif: 'an AVIF', jpeg: 'a JPEG' }[format] ?? format;
}
