import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHeic, type HeicPicture } from './heic.ts';
import { type HeicSpec, heicColours, heicOf } from './heictest.ts';
import { Undecodable } from './undecodable.ts';

type Pixels = Pick<HeicPicture, 'data' | 'width' | 'height'>;

function pixelAt({ data, width }: Pixels, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

/** Makes a picture of another's pixels. */
function mapped(
  from: Pixels,
  width: number,
  height: number,
  source: (x: number, y: number) => [number, number],
): Pixels {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(pixelAt(from, ...source(x, y)), (y * width + x) * 3);
  return { data, width, height };
}

const turned = (from: Pixels) => mapped(from, from.height, from.width, (x, y) => [from.width - 1 - y, x]);
const mirrored = (from: Pixels) => mapped(from, from.width, from.height, (x, y) => [from.width - 1 - x, y]);

const clipped = { columns: 3, rows: 2, width: 150, height: 100 } satisfies HeicSpec;
const whole = { columns: 2, rows: 1 } satisfies HeicSpec;
const ways = [whole, clipped].flatMap((spec) =>
  [0, 1, 2, 3].flatMap((turns) => [undefined, 1 as const].map((mirror) => ({ spec, turns, mirror }))),
);
test.each(ways)('turns $spec by $turns quarters and mirrors it ($mirror), once', ({ spec, turns, mirror }) => {
  const upright: Pixels = decodeHeic(heicOf(spec));
  const picture = decodeHeic(heicOf({ ...spec, turns, ...(mirror === undefined ? {} : { mirror }) }));
  const want = Array.from({ length: turns }).reduce<Pixels>((pixels) => turned(pixels), upright);
  const { data, width, height } = mirror === undefined ? want : mirrored(want);
  expect([picture.width, picture.height, picture.damaged]).toEqual([width, height, false]);
  expect(picture.data.equals(data)).toBe(true);
});

test('keeps the colours of each tile in its place', () => {
  const picture = decodeHeic(heicOf({ columns: 2, rows: 2 }));
  const seen = [pixelAt(picture, 8, 8), pixelAt(picture, 55, 8), pixelAt(picture, 8, 55), pixelAt(picture, 55, 55)];
  const wanted = [...heicColours.corners, heicColours.grey];
  for (const [i, pixel] of [...seen, pixelAt(picture, 100, 100)].entries())
    for (const [channel, value] of pixel.entries())
      expect(Math.abs(value - (wanted[i]?.[channel] ?? 0))).toBeLessThan(8);
});

test('gives the EXIF block and the profile that the file carries, and none where it has none', () => {
  const exif = Buffer.from('MM\0*\0\0\0\x08\0\0\0\0\0\0', 'latin1');
  const icc = Buffer.alloc(200, 7);
  const told = decodeHeic(heicOf({ exif, icc }));
  expect(told.exif).toEqual(Buffer.concat([Buffer.from('Exif\0\0'), exif]));
  expect(told.icc).toEqual(icc);
  const silent = decodeHeic(heicOf());
  expect([silent.exif, silent.icc]).toEqual([undefined, undefined]);
});

test('shows what there is of a file that breaks off, and says that it is damaged', () => {
  const file = heicOf({ columns: 2, rows: 1 });
  // The second tile's data come to lie beyond the end.
  const moved = Buffer.from(file);
  const entry = moved.indexOf('iloc') + 4 + 4 + 4 + 14 + 6;
  moved.writeUInt32BE(file.length + 9, entry);
  const picture = decodeHeic(moved);
  expect(picture.damaged).toBe(true);
  expect(pixelAt(picture, 8, 8)).toEqual(pixelAt(decodeHeic(file), 8, 8));
  expect(pixelAt(picture, 100, 30)).toEqual([128, 128, 128]);
});

const refused: { name: string; file: Buffer }[] = [
  { name: 'a text', file: Buffer.from('hello, world') },
  { name: 'nothing', file: Buffer.alloc(0) },
  { name: 'a file without its pixels', file: heicOf().subarray(0, -150) },
  { name: 'a size beyond 160 megapixels', file: heicOf({ columns: 2, rows: 1, width: 16_000, height: 10_001 }) },
  { name: 'a size beyond all sizes', file: heicOf({ columns: 2, rows: 1, width: 2 ** 32 - 1, height: 2 ** 32 - 1 }) },
];
test.each(refused)('refuses $name, and decodes the next', ({ file }) => {
  expect(() => decodeHeic(file)).toThrow(Undecodable);
  expect(decodeHeic(heicOf()).width).toBe(64);
});

const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
test('calls what is damaged undecodable or shows it, and nothing else', () => {
  const file = heicOf({ columns: 2, rows: 2, turns: 1 });
  fc.assert(
    fc.property(flips, (changes) => {
      const bytes = Buffer.from(file);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        const { data, width, height, channels } = decodeHeic(bytes);
        expect(data.length).toBe(width * height * channels);
      } catch (cause) {
        expect(cause).toBeInstanceOf(Undecodable);
      }
    }),
    { numRuns: 150 },
  );
});

const folder = process.env.KILAT_TEST_PHOTOS ?? '';
test.runIf(folder)("decodes a phone's photo", () => {
  const picture = decodeHeic(readFileSync(join(folder, 'iphone.heic')));
  expect(picture).toMatchObject({ width: 3024, height: 4032, channels: 3, damaged: false });
  expect(picture.exif?.length).toBe(2044);
  expect(picture.icc?.includes('Display P3')).toBe(true);
});
