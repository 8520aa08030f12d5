import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embeddedPreview } from './embedded.ts';

type Value = number | Buffer;

/** Makes a segment of a JPEG. */
function segment(marker: number, ...body: (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part as string, 'latin1')));
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(bytes.length + 2, 2);
  return Buffer.concat([head, bytes]);
}

/** Makes what a JPEG says before its pixels begin, of a size. */
function jpeg(width: number, height: number, ...before: Buffer[]): Buffer {
  const size = Buffer.from([8, 0, 0, 0, 0]);
  size.writeUInt16BE(height, 1);
  size.writeUInt16BE(width, 3);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...before, segment(0xc0, size), Buffer.from([0xff, 0xda])]);
}

/** Makes a TIFF structure of one directory after the other; bytes stand behind them all. */
function tiff(directories: Record<number, Value>[], tail: Buffer = Buffer.alloc(0)): Buffer {
  const starts = directories.map((_, i) => 8 + directories.slice(0, i).reduce((n, d) => n + sizeOf(d), 0));
  let end = 8 + directories.reduce((n, d) => n + sizeOf(d), 0);
  const values: Buffer[] = [];
  const parts = directories.map((directory, i) => {
    const part = Buffer.alloc(sizeOf(directory));
    part.writeUInt16BE(Object.keys(directory).length);
    Object.entries(directory).forEach(([tag, value], n) => {
      const isNumber = typeof value === 'number';
      part.writeUInt16BE(Number(tag), 2 + n * 12);
      part.writeUInt16BE(isNumber ? 4 : 7, 4 + n * 12);
      part.writeUInt32BE(isNumber ? 1 : value.length, 6 + n * 12);
      part.writeUInt32BE(isNumber ? value : end, 10 + n * 12);
      if (isNumber) return;
      values.push(value);
      end += value.length;
    });
    part.writeUInt32BE(starts[i + 1] ?? 0, part.length - 4);
    return part;
  });
  return Buffer.concat([Buffer.from('MM\0*\0\0\0\x08', 'latin1'), ...parts, ...values, tail]);
}

function sizeOf(directory: Record<number, Value>): number {
  return 6 + Object.keys(directory).length * 12;
}

const thumbnail = jpeg(160, 120);

/** Makes an EXIF segment whose thumbnail is said to stand `off` bytes from where it does. */
function exif(picture = thumbnail, { off = 0, length = picture.length } = {}): Buffer {
  const start = 8 + 18 + 30;
  return segment(0xe1, 'Exif\0\0', tiff([{ 274: 1 }, { 513: start + off, 514: length }], picture));
}

/** Makes an MPF segment and counts its offsets from its own TIFF header, as a JPEG that begins with it needs them. */
function withPictures(
  pictures: { type: number; bytes: Buffer; off?: number }[],
  size: [number, number] = [1600, 1200],
) {
  const entries = Buffer.alloc(16 * (pictures.length + 1));
  entries.writeUInt32BE(0x2003_0000);
  const make = () => jpeg(...size, segment(0xe2, 'MPF\0', tiff([{ 45057: pictures.length + 1, 45058: entries }])));
  const header = 2 + 4 + 4;
  let at = make().length;
  pictures.forEach(({ type, bytes, off = 0 }, i) => {
    entries.writeUInt32BE(type, 16 * (i + 1));
    entries.writeUInt32BE(bytes.length, 16 * (i + 1) + 4);
    entries.writeUInt32BE(at - header + off, 16 * (i + 1) + 8);
    at += bytes.length;
  });
  return Buffer.concat([make(), ...pictures.map(({ bytes }) => bytes)]);
}

const large = jpeg(800, 600, segment(0xfe, 'some bytes more'));

/** Makes Nikon's maker note, a TIFF structure of its own, with a preview in it. */
function nikon(): Buffer {
  const note = tiff([{ 17: 26 }, { 513: 26 + 30, 514: large.length }], large);
  const block = tiff([{ 34665: 26 }, { 37500: Buffer.concat([Buffer.from('Nikon\0\x02\x10\0\0', 'latin1'), note]) }]);
  return jpeg(1600, 1200, segment(0xe1, 'Exif\0\0', block));
}

const found: { name: string; file: Buffer; want: Buffer | undefined }[] = [
  { name: 'the thumbnail of EXIF', file: jpeg(1600, 1200, exif()), want: thumbnail },
  { name: 'the large thumbnail of MPF', file: withPictures([{ type: 0x01_00_02, bytes: large }]), want: large },
  {
    name: 'the larger of two',
    file: withPictures([
      { type: 0x01_00_01, bytes: thumbnail },
      { type: 0x01_00_02, bytes: large },
    ]),
    want: large,
  },
  { name: "the preview in Nikon's maker note", file: nikon(), want: large },
  { name: 'no gain map', file: withPictures([{ type: 0, bytes: large }]), want: undefined },
  { name: 'no thumbnail with bars', file: jpeg(1500, 1000, exif()), want: undefined },
  {
    name: 'no thumbnail that stands beyond its block',
    file: jpeg(1600, 1200, exif(thumbnail, { off: 1 })),
    want: undefined,
  },
  {
    name: 'nothing that is longer than the block',
    file: jpeg(1600, 1200, exif(thumbnail, { length: 1e9 })),
    want: undefined,
  },
  { name: 'nothing that begins as no JPEG does', file: jpeg(1600, 1200, exif(Buffer.alloc(99))), want: undefined },
  {
    name: 'nothing beyond the file',
    file: withPictures([{ type: 0x01_00_02, bytes: large, off: 1 }]),
    want: undefined,
  },
  { name: 'nothing in what is no JPEG', file: Buffer.from('hello'), want: undefined },
  { name: 'nothing in nothing', file: Buffer.alloc(0), want: undefined },
];
test.each(found)('finds $name', ({ file, want }) => {
  const preview = embeddedPreview(file);
  expect(preview && Buffer.from(preview)).toEqual(want);
});

test('goes around in no circle of directories', () => {
  const circle = tiff([{ 34665: 8, 274: 1 }]);
  circle.writeUInt32BE(8, circle.length - 4);
  expect(embeddedPreview(jpeg(1600, 1200, segment(0xe1, 'Exif\0\0', circle)))).toBeUndefined();
});

const whole = [jpeg(1600, 1200, exif()), withPictures([{ type: 0x01_00_02, bytes: large }]), nikon()];
const damaged = fc
  .tuple(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }), fc.nat())
  .map(([file, changes, end]) => {
    const bytes = Buffer.from(file);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return end % 3 === 0 ? bytes.subarray(0, end % bytes.length) : bytes;
  });
test('gives of rubbish nothing, or what lies in it and begins as a JPEG', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })), (file) => {
      const preview = embeddedPreview(file);
      if (preview === undefined) return;
      expect([preview[0], preview[1]]).toEqual([0xff, 0xd8]);
      expect(preview.length).toBeLessThan(file.length);
      expect(Buffer.from(file).includes(Buffer.from(preview))).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

const folder = process.env.KILAT_TEST_PHOTOS ?? '';
test.runIf(folder)('finds the previews of real cameras', () => {
  const lengths = readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => [name, embeddedPreview(readFileSync(join(folder, name)))?.length]);
  expect(Object.fromEntries(lengths)).toMatchObject({
    'panasonic-lx7.jpg': 718_934,
    'nikon-d90.jpg': 23_370,
    'sony-xperia-z2.jpg': 24_826,
    'canon-eos-20d.jpg': undefined,
  });
});

test('the thumbnail of a picture that was changed after it was taken is not shown', () => {
  const [taken, later] = [Buffer.from('2026:06:01 12:30:00\0'), Buffer.from('2026:06:02 09:00:00\0')];
  const photo = (changed: Buffer) => {
    const directories = (thumbnailAt: number, exifAt: number) =>
      tiff([{ 306: changed, 34665: exifAt }, { 513: thumbnailAt, 514: thumbnail.length }, { 36867: taken }], thumbnail);
    const exifAt = 8 + 30 + 30;
    const size = directories(0, exifAt).length;
    return jpeg(1600, 1200, segment(0xe1, 'Exif\0\0', directories(size - thumbnail.length, exifAt)));
  };
  expect(embeddedPreview(photo(taken))).toEqual(thumbnail);
  expect(embeddedPreview(photo(later))).toBeUndefined();
});
