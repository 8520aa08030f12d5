import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { exifBlock, type TestTag, type TestTags } from '../exiftest.ts';
import { picture, talkative } from '../phototest.ts';
import type { Case, Developed } from './casetest.ts';
import { profileSegment } from './colourstest.ts';
import { adobeRgb, profile } from './icctest.ts';
import { segment, withSegments } from './jpegfiletest.ts';
import { shows } from './lookstest.ts';
import { chunk, withChunks } from './pngfiletest.ts';
import { chunksOf, extended, riffChunk, webp } from './webpfiletest.ts';

/** Stands wherever a file can tell something; its twelve bytes fill rationals and UTF-16 words. */
export const secret = 'secretsecret';
const wide = Buffer.from(secret, 'utf16le');
const traces = [
  Buffer.from(secret),
  wide,
  Buffer.from(wide).swap16(),
  Buffer.from('Exif\0'),
  Buffer.from('<x:xmpmeta'),
];

/** Throws where a rendition tells anything but the picture itself. */
export async function tellsNothing({ renditions }: Developed): Promise<void> {
  for (const [name, bytes] of renditions) {
    const found = traces.filter((trace) => bytes.includes(trace)).map(String);
    const { exif, xmp, iptc, tifftagPhotoshop, comments, orientation } = await sharp(bytes).metadata();
    const told = Object.entries({ exif, xmp, iptc, tifftagPhotoshop, comments, orientation });
    found.push(...told.filter(([, value]) => value !== undefined).map(([key]) => key));
    if (bytes.toString('latin1', 0, 4) === 'RIFF') found.push(...chunksOf(bytes).filter((name) => !plain.has(name)));
    if (found.length > 0) throw new Error(`${name} tells ${found.join(', ')}`);
  }
}

const plain = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ICCP']);

// As a Nikon's: a block of its own in the block, with the body's and the lens's serial numbers.
const maker = Buffer.concat([
  Buffer.from('Nikon\0\x02\x10\0\0'),
  exifBlock({ image: [text(0x1d), text(0x84)] }).subarray(6),
]);
const position: TestTag[1] = Buffer.from(secret.repeat(2));
/** Lists the tags by which EXIF tells where, with what and by whom a photo was taken. */
export const telling: TestTags = {
  image: [text(0x010e), [0x010f, 'Camera'], text(0x013b), text(0x013c), text(0x8298), [0x9c9d, wide], text(0xc62f)],
  photo: [
    [0x9003, '2026:06:01 12:30:00'],
    [0x927c, maker],
    [0x9286, Buffer.concat([Buffer.from('UNICODE\0'), wide])],
    ...[0xa420, 0xa430, 0xa431, 0xa435].map(text),
  ],
  gps: [[1, 'S'], [2, position], [3, 'E'], [4, position], text(27), [29, '2026:06:01']],
};
const exif = exifBlock(telling);

function text(tag: number): TestTag {
  return [tag, secret];
}

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" aux:SerialNumber="${secret}" aux:OwnerName="${secret}"/></rdf:RDF></x:xmpmeta>`;

// By-line, city, caption.
const iptc = [0x50, 0x5a, 0x78].map((field) =>
  Buffer.concat([Buffer.from([0x1c, 2, field, 0, 12]), Buffer.from(secret)]),
);
const photoshop = Buffer.concat([Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x33'), ...iptc, Buffer.alloc(1)]);

/** Lists a JPEG's segments that tell where, with what and by whom it was taken. */
export const tellingSegments: readonly Buffer[] = [
  segment(0xe1, exif),
  segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp),
  segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', secret.repeat(4)),
  profileSegment(profile(adobeRgb, secret, secret)),
  segment(0xe2, 'MPF\0', secret),
  segment(0xeb, 'JP\0\x01', secret),
  segment(0xed, photoshop),
  segment(0xef, secret),
  segment(0xfe, secret),
];

async function jpeg(): Promise<Buffer> {
  const silent = await picture().jpeg({ quality: 95 }).toBuffer();
  return Buffer.concat([withSegments(silent, ...tellingSegments), Buffer.from(secret)]);
}

async function pngWith(): Promise<Buffer> {
  const packed = Buffer.concat([Buffer.from('Author\0\0'), deflateSync(secret)]);
  const international = `XML:com.adobe.xmp\0\0\0\0\0${xmp}`;
  const parts = [
    chunk('tEXt', `Author\0${secret}`),
    chunk('zTXt', packed),
    chunk('iTXt', international),
    chunk('eXIf', exif.subarray(6)),
  ];
  return withChunks(await picture().png().toBuffer(), ...parts, chunk('tIME', Buffer.from([7, 234, 6, 1, 12, 30, 0])));
}

async function webpWith(): Promise<Buffer> {
  const simple = await picture().webp().toBuffer();
  const tail = [
    riffChunk('EXIF', exif.subarray(6)),
    riffChunk('XMP ', Buffer.from(xmp)),
    riffChunk('NAME', Buffer.from(secret)),
  ];
  return webp(extended({ width: 120, height: 80 }, 0x0c), simple.subarray(12), ...tail);
}

function avifWith(): Promise<Buffer> {
  const owner = { IFD0: { Artist: secret, Copyright: secret }, IFD2: { BodySerialNumber: secret } };
  return picture().withExif(owner).withXmp(xmp).avif({ effort: 0 }).toBuffer();
}

/** Makes a JPEG with an EXIF block, or what is to pass for one. */
async function jpegWith(...blocks: Buffer[]): Promise<Buffer> {
  return withSegments(await picture().jpeg({ quality: 95 }).toBuffer(), ...blocks.map((block) => segment(0xe1, block)));
}

// Where the block's first directory has its count of entries and, of its first entry, type and value.
const [countAt, typeAt, valueAt] = [14, 18, 24];

function turned(orientation: number): Buffer {
  const block = exifBlock({ image: [[0x0112, [orientation]]] });
  block.writeUInt16LE(3, typeAt);
  return block;
}

function changed(change: (block: Buffer) => void): Buffer {
  const block = exifBlock({});
  change(block);
  return block;
}

const disordered: { name: string; block: Buffer }[] = [
  { name: 'is followed by itself', block: changed((block) => block.writeUInt32LE(8, countAt + 2 + 24)) },
  { name: 'points into itself', block: changed((block) => block.writeUInt32LE(8, valueAt)) },
  { name: 'points far away', block: changed((block) => block.writeUInt32LE(0xfffffff0, valueAt)) },
  { name: 'claims 65,535 entries', block: changed((block) => block.writeUInt16LE(65_535, countAt)) },
  { name: 'breaks off', block: exif.subarray(0, 60) },
  { name: 'is rubbish', block: Buffer.from(`Exif\0\0${'rubbish'.repeat(300)}`) },
  { name: 'is empty', block: Buffer.from('Exif\0\0') },
];

const size = { width: 120, height: 80 };

/** Lists files that tell more than their picture, and such whose telling is out of order. */
export const secrets: readonly Case[] = [
  { name: 'a JPEG with GPS, serial numbers and names in every place', make: jpeg, ends: 'ready' },
  { name: 'a JPEG as a camera and a program left it', make: talkative, ends: 'ready' },
  { name: 'a PNG with names, EXIF and XMP', make: pngWith, ends: 'ready' },
  { name: 'a WebP with EXIF, XMP and a name', make: webpWith, ends: 'ready' },
  { name: 'an AVIF with EXIF and XMP', make: avifWith, ends: 'ready' },
  ...disordered.map(({ name, block }): Case => {
    return { name: `a JPEG whose EXIF ${name}`, make: () => jpegWith(block), ends: 'ready', size, check: shows(6) };
  }),
  ...[0, 9, 65_535].map((orientation): Case => {
    const name = `a JPEG of orientation ${orientation}, which there is not`;
    return { name, make: () => jpegWith(turned(orientation)), ends: 'ready', size, check: shows(6) };
  }),
  {
    name: 'a JPEG with two EXIF blocks, of which the first counts',
    make: () => jpegWith(turned(6), turned(1)),
    ends: 'ready',
    size: { width: 80, height: 120 },
  },
];
