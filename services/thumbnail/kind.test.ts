import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { fileTypeFromBuffer } from 'file-type';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { fileTypeOf, type Kind } from '#internal/filetype/filetype.ts';
import { heicOf } from './heictest.ts';
import { picture } from './phototest.ts';
import { type RawType, rawOf, rawTypes } from './rawtest.ts';
import { ascii, bytes, directories, directoryOf, long, short, u32, type Values } from './tifftest.ts';

const kindOf = async (head: Uint8Array) => (await fileTypeOf(head))?.kind;

function tiff(values: Values): Buffer {
  return Buffer.concat([Buffer.from('II*\0'), u32(8), directoryOf(values, 8)]);
}

const small = { 254: long(1) };
const below = { 330: directories({ 254: long(0) }) };
const kinds: { name: string; make: () => Promise<Buffer> | Buffer; want: Kind | undefined }[] = [
  { name: 'a JPEG', make: () => picture().jpeg().toBuffer(), want: 'jpeg' },
  { name: 'a PNG', make: () => picture().png().toBuffer(), want: 'png' },
  { name: 'a WebP', make: () => picture().webp().toBuffer(), want: 'webp' },
  { name: 'an AVIF', make: () => picture().avif({ effort: 0 }).toBuffer(), want: 'avif' },
  { name: 'a HEIC', make: () => heicOf(), want: 'heic' },
  { name: 'a HEIF of no named codec', make: () => branded('mif1', 'mif1heic'), want: 'heic' },
  { name: 'an AVIF that calls itself HEIF', make: () => branded('mif1', 'mif1avif'), want: 'avif' },
  { name: 'a TIFF', make: () => picture().tiff().toBuffer(), want: 'tiff' },
  {
    name: 'a TIFF whose directory stands at its end',
    make: () =>
      sharp({ create: { width: 200, height: 200, channels: 3, background: '#888' } })
        .tiff({ compression: 'none' })
        .toBuffer(),
    want: 'tiff',
  },
  {
    name: 'a TIFF with a tag for printers',
    make: () => tiff({ 50341: bytes(Buffer.from('PrintIM\0')) }),
    want: 'tiff',
  },
  { name: 'a TIFF of small pictures only', make: () => tiff(small), want: 'tiff' },
  { name: 'a raw file that is not known by name', make: () => tiff({ ...small, ...below }), want: 'raw' },
  { name: 'the mosaic of a sensor', make: () => tiff({ 262: short(32_803) }), want: 'raw' },
  {
    name: "Sony's older raw files",
    make: () => tiff({ 271: ascii('SONY'), ...below, 50341: bytes(Buffer.from('PrintIM\0')) }),
    want: 'raw',
  },
  { name: 'a GIF', make: () => picture().gif().toBuffer(), want: undefined },
  {
    name: 'an SVG',
    make: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    want: undefined,
  },
  { name: 'a PDF', make: () => Buffer.from('%PDF-1.7\n'), want: undefined },
  { name: 'a text', make: () => Buffer.from('II*'), want: undefined },
  { name: 'nothing', make: () => Buffer.alloc(0), want: undefined },
];
test.each(kinds)('knows $name', async ({ make, want }) => {
  const file = await make();
  expect(await kindOf(file.subarray(0, 4_100))).toBe(want);
});

function branded(major: string, others: string): Buffer {
  const file = heicOf();
  file.write(major, 8, 'latin1');
  file.write(others, 16, 'latin1');
  return file;
}

test('knows of rubbish a kind or none, whatever it begins with', async () => {
  const starts = ['', 'II*\0', 'MM\0*', '\xff\xd8\xff', '\0\0\0\x18ftypmif1', 'IIRO\x08\0\0\0\x18', 'FUJIFILMCCD-RAW'];
  const file = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(file, async ([start, rest]) => {
      const known = await kindOf(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      expect(['jpeg', 'png', 'webp', 'avif', 'heic', 'tiff', 'raw', undefined]).toContain(known);
    }),
    { numRuns: 500 },
  );
});

// What uploads accept.
const types: Record<RawType, string> = {
  cr2: 'image/x-canon-cr2',
  cr3: 'image/x-canon-cr3',
  nef: 'image/x-nikon-nef',
  arw: 'image/x-sony-arw',
  raf: 'image/x-fujifilm-raf',
  dng: 'image/x-adobe-dng',
  orf: 'image/x-olympus-orf',
  rw2: 'image/x-panasonic-rw2',
};
test.each(rawTypes)('knows %s as raw, and uploads know its type', async (type) => {
  const file = rawOf(type, { preview: await picture().jpeg().toBuffer() });
  expect(await kindOf(file.subarray(0, 4_100))).toBe('raw');
  expect((await fileTypeFromBuffer(file.subarray(0, 4_100)))?.mime).toBe(types[type]);
});

const folder = process.env.KILAT_TEST_PHOTOS ?? '';
test.runIf(folder)('knows real files by what they are, not by their names', async () => {
  const names = readdirSync(folder).filter((name) => name !== 'README.md');
  const kinds = names.map(async (name) => [name, await kindOf(readFileSync(join(folder, name)).subarray(0, 4_100))]);
  const want = (name: string) => (name.endsWith('.heic') ? 'heic' : 'jpeg');
  expect(await Promise.all(kinds)).toEqual(names.map((name) => [name, want(name)]));
});
