import {
  ascii,
  bytes,
  directories,
  directoryOf,
  long,
  pointer,
  rational,
  short,
  u32,
  type Values,
} from './tifftest.ts';

/** Says what a raw file is to be made of. */
export interface RawSpec {
  /** Is the JPEG that the camera embeds. */
  preview: Buffer;
  /** Is a second, smaller one (DNG). */
  small?: Buffer;
  /** Is how the camera was held, as EXIF numbers it. */
  orientation?: number;
}

const tag = {
  panasonicJpeg: 0x2e,
  subfile: 0xfe,
  compression: 0x103,
  make: 0x10f,
  model: 0x110,
  strips: 0x111,
  orientation: 0x112,
  stripSizes: 0x117,
  directories: 0x14a,
  jpeg: 0x201,
  jpegSize: 0x202,
  exposure: 0x829a,
  fNumber: 0x829d,
  exif: 0x8769,
  gps: 0x8825,
  iso: 0x8827,
  taken: 0x9003,
  zone: 0x9011,
  focalLength: 0x920a,
  makerNote: 0x927c,
  subSeconds: 0x9291,
  serial: 0xa431,
  lens: 0xa434,
  printIm: 0xc4a5,
  dngVersion: 0xc612,
} as const;

const makes = {
  cr2: ['Canon', 'Canon EOS 5D Mark IV'],
  cr3: ['Canon', 'Canon EOS R6'],
  nef: ['NIKON CORPORATION', 'NIKON D850'],
  arw: ['SONY', 'ILCE-7M3'],
  raf: ['FUJIFILM', 'X-T3'],
  dng: ['Leica Camera AG', 'LEICA M10'],
  orf: ['OLYMPUS CORPORATION', 'E-M1MarkII'],
  rw2: ['Panasonic', 'DC-GH5'],
} as const;

/** Names the raw formats that are accepted. */
export type RawType = keyof typeof makes;

/** Are the raw formats that are accepted. */
export const rawTypes = Object.keys(makes) as RawType[];

/** Makes a minimal raw file that tells what a camera tells and embeds a preview, but has no pixels of its own. */
export function rawOf(type: RawType, spec: RawSpec): Buffer {
  const orientation = spec.orientation ?? 1;
  return makers[type]({ preview: spec.preview, small: spec.small, orientation, ...tagsOf(type, orientation) });
}

interface Parts {
  preview: Buffer;
  small: Buffer | undefined;
  orientation: number;
  main: Values;
  exif: Values;
  gps: Values;
}

function tagsOf(type: RawType, orientation: number): { main: Values; exif: Values; gps: Values } {
  const main = {
    [tag.make]: ascii(makes[type][0]),
    [tag.model]: ascii(makes[type][1]),
    [tag.orientation]: short(orientation),
  };
  const exif = {
    [tag.exposure]: rational(1, 250),
    [tag.fNumber]: rational(28, 10),
    [tag.iso]: short(400),
    [tag.taken]: ascii('2026:06:01 12:30:00'),
    [tag.zone]: ascii('+07:00'),
    [tag.subSeconds]: ascii('25'),
    [tag.focalLength]: rational(50, 1),
    [tag.serial]: ascii('0012345'),
    [tag.lens]: ascii('50mm f/1.8'),
  };
  const south = [8, 1, 30, 1, 0, 1];
  const east = [115, 1, 15, 1, 0, 1];
  const gps = { 1: ascii('S'), 2: rational(...south), 3: ascii('E'), 4: rational(...east) };
  return { main, exif, gps };
}

const makers: Record<RawType, (parts: Parts) => Buffer> = {
  cr2: (parts) => tiff({ ...all(parts), ...strip(parts.preview) }, 'II*\0', Buffer.from('CR\x02\0\0\0\0\0', 'latin1')),
  nef: (parts) =>
    tiff(
      padded(
        {
          [tag.subfile]: long(1),
          ...all(parts),
          [tag.directories]: directories(jpeg(parts), { [tag.subfile]: long(0) }),
        },
        28,
      ),
    ),
  arw: (parts) =>
    tiff({
      [tag.subfile]: long(1),
      ...all(parts),
      ...jpeg(parts),
      [tag.directories]: directories({ [tag.subfile]: long(0) }),
      [tag.printIm]: bytes(Buffer.from('PrintIM\0')),
    }),
  dng: (parts) =>
    tiff({
      [tag.subfile]: long(1),
      ...all(parts),
      [tag.directories]: directories(
        { [tag.subfile]: long(0) },
        shown(parts.preview),
        ...(parts.small ? [shown(parts.small)] : []),
      ),
      [tag.dngVersion]: bytes(Buffer.from([1, 4, 0, 0])),
    }),
  orf: (parts) =>
    tiff(padded(all({ ...parts, exif: { ...parts.exif, [tag.makerNote]: olympus(parts.preview) } }), 24), 'IIRO'),
  rw2: (parts) =>
    tiff(
      { [tag.panasonicJpeg]: bytes(parts.preview), ...all(parts) },
      'IIU\0',
      Buffer.from('88e774d8f8251d4d947a6e77822b5d6a', 'hex'),
    ),
  raf: fuji,
  cr3: canon,
};

function all({ main, exif, gps }: Parts): Values {
  return { ...main, [tag.exif]: directories(exif), [tag.gps]: directories(gps) };
}

function strip(preview: Buffer): Values {
  return { [tag.strips]: pointer(preview), [tag.stripSizes]: long(preview.length) };
}

// In a DNG each small picture has a directory of its own.
function shown(preview: Buffer): Values {
  return { [tag.subfile]: long(1), [tag.compression]: short(7), ...strip(preview) };
}

function jpeg({ preview }: Parts): Values {
  return { [tag.compression]: short(6), [tag.jpeg]: pointer(preview), [tag.jpegSize]: long(preview.length) };
}

// Type detectors know these formats by the number of their tags.
function padded(values: Values, count: number): Values {
  const missing = count - Object.keys(values).length;
  return { ...values, ...Object.fromEntries(Array.from({ length: missing }, (_, i) => [0xff00 + i, short(0)])) };
}

function tiff(values: Values, magic = 'II*\0', signature: Buffer = Buffer.alloc(0)): Buffer {
  const first = 8 + signature.length;
  return Buffer.concat([Buffer.from(magic, 'latin1'), u32(first), signature, directoryOf(values, first)]);
}

// The maker note counts from its own start; its camera settings lead to the preview.
function olympus(preview: Buffer) {
  const head = Buffer.from('OLYMPUS\0II\x03\0', 'latin1');
  const settings = { 0: bytes(Buffer.from('0100')), 256: long(1), 257: pointer(preview), 258: long(preview.length) };
  return bytes(Buffer.concat([head, directoryOf({ 8224: directories(settings) }, head.length)]));
}

function fuji(parts: Parts): Buffer {
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), tiff(all(parts))]);
  const app1 = Buffer.concat([
    Buffer.from([0xff, 0xe1]),
    Buffer.from([(exif.length + 2) >> 8, (exif.length + 2) & 255]),
    exif,
  ]);
  const preview = Buffer.concat([parts.preview.subarray(0, 2), app1, parts.preview.subarray(2)]);
  const header = Buffer.alloc(0x94);
  header.write('FUJIFILMCCD-RAW 0201FF383501X-T3', 'latin1');
  header.write('0100', 0x3c, 'latin1');
  header.writeUInt32BE(header.length, 0x54);
  header.writeUInt32BE(preview.length, 0x58);
  return Buffer.concat([header, preview]);
}

function canon({ preview, main, exif, gps }: Parts): Buffer {
  const ftyp = box('ftyp', 'crx ', Buffer.from([0, 0, 0, 1]), 'crx isom');
  const version = box('CNCV', 'CanonCR3_001/00.09.00/00.00.00');
  const tags = box(
    'uuid',
    uuids.canon,
    version,
    box('CMT1', tiff(main)),
    box('CMT2', tiff(exif)),
    box('CMT4', tiff(gps)),
  );
  const moov = (at: number) => box('moov', tags, track(preview.length, at));
  const at = ftyp.length + moov(0).length + 8;
  return Buffer.concat([ftyp, moov(at), box('mdat', preview)]);
}

const uuids = { canon: Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex') };

function track(size: number, at: number): Buffer {
  const handler = box('hdlr', zeros(8), 'vide', zeros(13));
  const entry = box('CRAW', zeros(6), Buffer.from([0, 1]), zeros(70), box('JPEG', zeros(4)));
  const table = box(
    'stbl',
    box('stsd', zeros(4), be(1), entry),
    box('stsc', zeros(4), be(1), be(1), be(1), be(1)),
    box('stsz', zeros(4), be(0), be(1), be(size)),
    box('co64', zeros(4), be(1), be(0), be(at)),
  );
  return box('trak', box('mdia', handler, box('minf', table)));
}

function box(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return Buffer.concat([be(body.length + 8), Buffer.from(type, 'latin1'), body]);
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function be(value: number): Buffer {
  const made = Buffer.alloc(4);
  made.writeUInt32BE(value);
  return made;
}
