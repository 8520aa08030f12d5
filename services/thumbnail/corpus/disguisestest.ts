import { crc32, gzipSync } from 'node:zlib';
import { picture } from '../phototest.ts';
import { photoIn } from './brokentest.ts';
import type { Case, Developed } from './casetest.ts';
import { chanceOf } from './chancetest.ts';
import { segment, withSegments } from './jpegfiletest.ts';
import { shows } from './lookstest.ts';

const appended = 'appended-by-a-stranger';
const page = `<html><script>alert("${appended}")</script></html>`;

/** Checks that what stands behind or beside the picture has not come along. */
function withoutAppended({ renditions }: Developed): void {
  for (const [name, bytes] of renditions)
    if (bytes.includes(appended)) throw new Error(`${name} has what was appended`);
}

/** Makes a ZIP of one stored file. */
function zip(text: string): Buffer {
  const [local, central, end] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(22)];
  local.writeUInt32BE(0x504b0304);
  local.writeUInt32LE(crc32(text), 14);
  for (const at of [18, 22]) local.writeUInt32LE(text.length, at);
  local.writeUInt16LE(5, 26);
  central.writeUInt32BE(0x504b0102);
  local.copy(central, 6, 4, 30);
  end.writeUInt32BE(0x504b0506);
  for (const at of [8, 10]) end.writeUInt16LE(1, at);
  end.writeUInt32LE(51, 12);
  end.writeUInt32LE(35 + text.length, 16);
  return Buffer.concat([local, Buffer.from(`a.txt${text}`), central, Buffer.from('a.txt'), end]);
}

const pdf = `%PDF-1.4\n1 0 obj<</Type/Catalog/${appended}>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`;
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="red"/></svg>';
const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('');
const laughs = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "ha">${entities}]><svg xmlns="http://www.w3.org/2000/svg"><text>&e9;</text></svg>`;
const reading = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&f;</text></svg>`;

function heic(rest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), rest]);
}

function rubbish(length: number): Buffer {
  const chance = chanceOf(99);
  return Buffer.from(Array.from({ length }, () => Math.floor(chance() * 256)));
}

const refused: { name: string; bytes: string | Uint8Array; called?: string }[] = [
  { name: 'nothing at all', bytes: '' },
  { name: 'one byte', bytes: '\xff' },
  { name: 'a text', bytes: 'These are my photos of the wedding.' },
  { name: 'a text called .jpg', bytes: 'These are my photos of the wedding.', called: 'photo.jpg' },
  { name: 'a megabyte of zeros', bytes: Buffer.alloc(1 << 20) },
  { name: 'a megabyte of rubbish called .jpg', bytes: rubbish(1 << 20), called: 'photo.jpg' },
  {
    name: 'rubbish behind the first bytes of a JPEG',
    bytes: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), rubbish(50_000)]),
  },
  { name: 'rubbish behind the first bytes of a HEIC', bytes: heic(rubbish(50_000)) },
  { name: 'nothing behind the first bytes of a HEIC', bytes: heic(Buffer.alloc(0)) },
  { name: 'an SVG', bytes: svg, called: 'drawing.svg' },
  { name: 'an SVG called .jpg', bytes: svg, called: 'photo.jpg' },
  { name: 'an SVG called .png, packed by gzip', bytes: gzipSync(svg), called: 'photo.png' },
  { name: 'an SVG that grows by its entities', bytes: laughs, called: 'drawing.svg' },
  { name: 'an SVG that reads a file', bytes: reading, called: 'drawing.svg' },
  { name: 'a PDF', bytes: pdf, called: 'photo.pdf' },
  { name: 'a ZIP', bytes: zip('a photo'), called: 'photo.jpg' },
  { name: 'an HTML page called .jpg', bytes: page, called: 'photo.jpg' },
  { name: 'a program', bytes: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), rubbish(500)]), called: 'photo.jpg' },
  { name: 'a PPM', bytes: Buffer.concat([Buffer.from('P6 2 2 255\n'), Buffer.alloc(12, 200)]), called: 'photo.ppm' },
  { name: 'a CSV', bytes: '1,2\n3,4\n', called: 'photo.csv' },
  { name: 'a BMP', bytes: Buffer.concat([Buffer.from('BM'), rubbish(500)]), called: 'photo.bmp' },
  {
    name: 'an image of libvips',
    bytes: Buffer.concat([Buffer.from([8, 0xf2, 0xa6, 0xb6]), rubbish(500)]),
    called: 'photo.v',
  },
  {
    name: 'a Radiance picture',
    bytes: '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x80\x80\x80\x80',
    called: 'photo.hdr',
  },
  {
    name: 'a script of ImageMagick',
    bytes: "push graphic-context\nimage over 0,0 0,0 'file:/etc/passwd'\n",
    called: 'photo.mvg',
  },
  {
    name: 'a JPEG 2000',
    bytes: Buffer.concat([Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), rubbish(500)]),
    called: 'photo.jp2',
  },
  { name: 'a JPEG XL', bytes: Buffer.concat([Buffer.from([0xff, 0x0a]), rubbish(500)]), called: 'photo.jxl' },
  { name: 'a FITS picture', bytes: 'SIMPLE  =                    T'.padEnd(2880), called: 'photo.fits' },
];

const polyglots: { name: string; make: (jpeg: Buffer) => Buffer }[] = [
  { name: 'a JPEG that is a ZIP too', make: (jpeg) => Buffer.concat([jpeg, zip(appended)]) },
  { name: 'a JPEG that is an HTML page too', make: (jpeg) => withSegments(jpeg, segment(0xfe, page)) },
  { name: 'a JPEG with an HTML page behind it', make: (jpeg) => Buffer.concat([jpeg, Buffer.from(page)]) },
  { name: 'a JPEG that is a PDF too', make: (jpeg) => withSegments(jpeg, segment(0xfe, pdf)) },
  {
    name: 'a JPEG that is a shell script too',
    make: (jpeg) => withSegments(jpeg, segment(0xe0, `\n#!/bin/sh\necho ${appended}\n`)),
  },
];

/** Lists files that are not what they are called, or more than one thing at once. */
export const disguises: readonly Case[] = [
  ...[
    { name: 'a PNG called .jpg', format: 'png', called: 'photo.jpg' } as const,
    { name: 'a JPEG called .png', format: 'jpeg', called: 'photo.png' } as const,
    { name: 'a WebP called .heic', format: 'webp', called: 'photo.heic' } as const,
    { name: 'a JPEG called .svg', format: 'jpeg', called: 'photo.svg' } as const,
    { name: 'a JPEG called .nef', format: 'jpeg', called: 'photo.nef' } as const,
  ].map(({ name, format, called }): Case => {
    const make = () => picture().toFormat(format, { quality: 95 }).toBuffer();
    return { name, called, make, ends: 'ready', check: shows(6) };
  }),
  ...polyglots.map(({ name, make }): Case => {
    return { name, make: async () => make(await photoIn('jpeg')), ends: 'ready', check: withoutAppended };
  }),
  {
    name: 'a PDF with a JPEG in it, called .jpg',
    make: async () => Buffer.concat([Buffer.from(pdf), await photoIn('jpeg')]),
    called: 'photo.jpg',
    ends: 'failed',
  },
  ...refused.map(({ bytes, ...rest }): Case => ({ ...rest, make: () => Buffer.from(bytes as string), ends: 'failed' })),
];
