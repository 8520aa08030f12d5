import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Is the header of a PNG; colour 0 is grey, 2 RGB, 3 a palette, 4 grey with alpha, 6 RGB with alpha. */
export interface PngHeader {
  width: number;
  height: number;
  depth: 1 | 2 | 4 | 8 | 16;
  colour: 0 | 2 | 3 | 4 | 6;
  /** Stores the picture seven times over, finer each time, as Adam7 has it. */
  interlaced?: boolean;
}

/** Makes one chunk of a PNG: length, type, data, checksum. */
export function chunk(type: string, data: Uint8Array | string = ''): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data as string)]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Puts chunks behind the header of a PNG. */
export function withChunks(png: Buffer, ...chunks: Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}

/** Makes a PNG of rows that are given as they are stored, each behind its filter byte. */
export function png(header: PngHeader, rows: Uint8Array, ...before: Buffer[]): Buffer {
  return assembled(header, before, deflateSync(rows));
}

/** Makes a black PNG of any size: its bytes are few and made at once, whatever a decoder must unpack. */
export function blackPng(header: PngHeader): Buffer {
  return assembled(header, [], zeros(storedBytes(header)));
}

// Each of Adam7's passes takes every so many pixels of every so many rows, from a first one on.
const passes = [
  { x: 0, y: 0, across: 8, down: 8 },
  { x: 4, y: 0, across: 8, down: 8 },
  { x: 0, y: 4, across: 4, down: 8 },
  { x: 2, y: 0, across: 4, down: 4 },
  { x: 0, y: 2, across: 2, down: 4 },
  { x: 1, y: 0, across: 2, down: 2 },
  { x: 0, y: 1, across: 1, down: 2 },
];
const whole = [{ x: 0, y: 0, across: 1, down: 1 }];

function storedBytes({ width, height, depth, colour, interlaced }: PngHeader): number {
  const bits = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour] * depth;
  return (interlaced ? passes : whole).reduce((sum, { x, y, across, down }) => {
    const columns = Math.ceil((width - x) / across);
    return sum + (columns > 0 ? Math.ceil((height - y) / down) * (1 + Math.ceil((columns * bits) / 8)) : 0);
  }, 0);
}

function assembled(
  { width, height, depth, colour, interlaced }: PngHeader,
  before: Buffer[],
  data: Uint8Array,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([signature, chunk('IHDR', header), ...before, chunk('IDAT', data), chunk('IEND')]);
}

// A packed million of zeros that ends on a byte's boundary can be repeated; so a gigabyte is packed in no time.
function zeros(length: number): Buffer {
  const step = 1 << 20;
  const packed = deflateRawSync(Buffer.alloc(step), { finishFlush: 3 });
  const rest = deflateRawSync(Buffer.alloc(length % step));
  const check = Buffer.from([(length % 65_521) >> 8, (length % 65_521) & 255, 0, 1]);
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array(Math.floor(length / step)).fill(packed), rest, check]);
}
