import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { developHere } from './decoder/decodertest.ts';
import { Undecodable } from './undecodable.ts';

/** Draws a picture of 300 × 200 whose upper left corner is red, the rest grey. */
function drawing() {
  const corner = { create: { width: 100, height: 100, channels: 3, background: '#f00' } } as const;
  return sharp({ create: { width: 300, height: 200, channels: 3, background: '#888' } }).composite([
    { input: corner, left: 0, top: 0 },
  ]);
}

async function pixels(): Promise<Buffer> {
  return drawing().png().toBuffer();
}

async function cornerOf(webp: Buffer): Promise<{ width: number; height: number; red: boolean }> {
  const { data, info } = await sharp(webp).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const [r = 0, g = 0] = data.subarray((10 * info.width + 10) * 3);
  return { width: info.width, height: info.height, red: r > 180 && g < 90 };
}

// What turns the stored picture upright, by EXIF orientation; its inverse is what a camera stores.
const inverse: Record<number, (upright: Sharp) => Sharp> = {
  1: (p) => p,
  2: (p) => p.flop(),
  3: (p) => p.rotate(180),
  4: (p) => p.flip(),
  5: (p) => p.flop().rotate(270),
  6: (p) => p.rotate(270),
  7: (p) => p.flop().rotate(90),
  8: (p) => p.rotate(90),
};
test.each([1, 2, 3, 4, 5, 6, 7, 8])('shows orientation %i upright, in every rendition', async (orientation) => {
  const stored = await (inverse[orientation]?.(sharp(await pixels())) ?? drawing()).png().toBuffer();
  const picture = await developHere(await sharp(stored).jpeg().withMetadata({ orientation }).toBuffer());
  expect([picture.width, picture.height]).toEqual([300, 200]);
  for (const rendition of ['small', 'medium', 'large'] as const) {
    expect(await cornerOf(picture.renditions.get(rendition) ?? Buffer.alloc(0))).toEqual({
      width: 300,
      height: 200,
      red: true,
    });
  }
});

const sources: { name: string; make: () => Promise<Buffer> }[] = [
  {
    name: 'a JPEG with the Display P3 profile',
    make: async () =>
      sharp(await pixels())
        .withIccProfile('p3')
        .jpeg()
        .toBuffer(),
  },
  {
    name: 'a JPEG in CMYK',
    make: async () =>
      sharp(await pixels())
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
  },
  {
    name: 'a grey JPEG',
    make: async () =>
      sharp(await pixels())
        .greyscale()
        .jpeg()
        .toBuffer(),
  },
  {
    name: 'a PNG of 16 bit with alpha',
    make: async () =>
      sharp(await pixels())
        .ensureAlpha(0.5)
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
  },
  {
    name: 'a WebP',
    make: async () =>
      sharp(await pixels())
        .webp()
        .toBuffer(),
  },
  {
    name: 'an AVIF',
    make: async () =>
      sharp(await pixels())
        .avif({ effort: 0 })
        .toBuffer(),
  },
  {
    name: 'a JPEG that breaks off',
    make: async () => {
      const whole = await sharp(await pixels())
        .jpeg({ quality: 100 })
        .toBuffer();
      return whole.subarray(0, Math.floor(whole.length * 0.7));
    },
  },
  {
    name: 'one pixel',
    make: () =>
      sharp({ create: { width: 1, height: 1, channels: 3, background: '#f00' } })
        .jpeg()
        .toBuffer(),
  },
];
test.each(sources)('renders $name as sRGB without any metadata', async ({ make }) => {
  const picture = await developHere(await make());
  const rendition = await sharp(picture.renditions.get('medium')).metadata();
  expect(rendition.format).toBe('webp');
  expect(rendition.space).toMatch(/^(srgb|b-w)$/);
  expect([rendition.exif, rendition.xmp, rendition.icc, rendition.iptc]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(Buffer.from(picture.thumbhash, 'base64').length).toBeGreaterThan(4);
});

const refused: { name: string; make: () => Promise<Buffer> | Buffer }[] = [
  { name: 'a text', make: () => Buffer.from('hello, world') },
  { name: 'nothing', make: () => Buffer.alloc(0) },
  { name: 'an SVG', make: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>') },
  {
    name: 'a GIF',
    make: async () =>
      sharp(await pixels())
        .gif()
        .toBuffer(),
  },
  {
    name: 'a JPEG without its picture',
    make: async () =>
      (
        await sharp(await pixels())
          .jpeg()
          .toBuffer()
      ).subarray(0, 60),
  },
];
test.each(refused)('refuses $name as invalid', async ({ make }) => {
  await expect(developHere(await make())).rejects.toThrow(Undecodable);
});

async function revealing(): Promise<Buffer> {
  const exif = {
    IFD0: { Artist: 'Ayu', Copyright: 'Ayu' },
    IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '8/1 30/1 0/1' },
  };
  return sharp(await pixels())
    .withExif(exif)
    .jpeg()
    .toBuffer();
}

test('renders photos without the GPS, serial numbers and names that they carry', async () => {
  const folder = process.env.KILAT_TEST_PHOTOS;
  const names = folder ? readdirSync(folder).filter((name) => name.endsWith('.jpg')) : [];
  const photos = [await revealing(), ...names.map((name) => readFileSync(join(folder ?? '', name)))];
  for (const photo of photos) {
    const large = (await developHere(photo)).renditions.get('large') ?? Buffer.alloc(0);
    const { exif, xmp, iptc, width, height } = await sharp(large).metadata();
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined]);
    expect(Math.max(width, height)).toBeLessThanOrEqual(1600);
    expect(['Exif', 'GPS', 'Ayu'].filter((trace) => large.includes(trace))).toEqual([]);
  }
});
