/** Makes one JPEG segment: a marker, its length, its payload. */
export function segment(marker: number, ...payload: (string | Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(payload.map((part) => Buffer.from(part as string)));
  const length = body.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), body]);
}

/** Puts segments behind the first two bytes of a JPEG, where a camera writes them. */
export function withSegments(jpeg: Buffer, ...segments: Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** Is what a flat JPEG is made of: blocks of 8 by 8 pixels that have one colour each. */
export interface Flat {
  width: number;
  height: number;
  /** Gives a block's levels, 0 to 255, one for each component, as they are stored; all are 128 unless told. */
  block?: (column: number, row: number) => readonly number[];
  /** Counts the components of a picture without `block`; one unless told. */
  components?: number;
  /** Writes an Adobe marker: 0 leaves components as they are, 1 is YCbCr, 2 is YCCK. */
  adobe?: 0 | 1 | 2;
  /** Is the marker of the frame; 0xc0, baseline, unless told. */
  frame?: number;
  precision?: number;
}

/** Encodes a flat JPEG exactly, in any number of components; without `block` it costs next to nothing at any size. */
export function flatJpeg(flat: Flat): Buffer {
  const count = flat.block?.(0, 0).length ?? flat.components ?? 1;
  const adobe = flat.adobe === undefined ? [] : [segment(0xee, 'Adobe', [0, 100, 0, 0, 0, 0, flat.adobe])];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...adobe,
    // Dividing by 8 leaves a block's level itself as its first coefficient.
    segment(0xdb, [0, ...Array<number>(64).fill(8)]),
    frame(flat, count),
    ...tables,
    scan(count, [0, 63, 0]),
    flat.block ? coded(flat, flat.block, count) : Buffer.alloc(Math.ceil((blocksOf(flat) * count * 2) / 8)),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Makes a grey progressive JPEG of many scans, each of which touches the whole picture for some hundred bytes. */
export function scansJpeg(size: { width: number; height: number }, scans: number): Buffer {
  // One code of one bit: a run of 16,384 blocks that have nothing to add.
  const runs = segment(0xc4, [0x11, 1, ...Array<number>(15).fill(0), 0xe0]);
  const data = Buffer.alloc(Math.ceil((Math.ceil(blocksOf(size) / 16_384) * 15) / 8));
  // Coefficient by coefficient, and each bit by bit: the standard allows every one of these scans.
  const more = Array.from({ length: scans }, (_, i) => {
    const band = 1 + (i % 63);
    const bit = 13 - Math.floor(i / 63);
    return [scan(1, [band, band, bit === 13 ? bit : ((bit + 1) << 4) | bit], 0x01), data];
  });
  const parts = [
    segment(0xdb, [0, ...Array<number>(64).fill(8)]),
    frame({ ...size, frame: 0xc2 }, 1),
    ...[...tables, runs, scan(1, [0, 0, 0]), Buffer.alloc(Math.ceil(blocksOf(size) / 8))],
    ...more.flat(),
  ];
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, Buffer.from([0xff, 0xd9])]);
}

function blocksOf({ width, height }: { width: number; height: number }): number {
  return Math.ceil(width / 8) * Math.ceil(height / 8);
}

function frame({ width, height, frame = 0xc0, precision = 8 }: Flat, count: number): Buffer {
  const components = Array.from({ length: count }, (_, i) => [i + 1, 0x11, 0]).flat();
  return segment(frame, [precision, height >> 8, height & 255, width >> 8, width & 255, count, ...components]);
}

function scan(count: number, [from = 0, to = 0, bits = 0]: number[], table = 0): Buffer {
  return segment(0xda, [count, ...Array.from({ length: count }, (_, i) => [i + 1, table]).flat(), from, to, bits]);
}

// "The same level as before" and "nothing more in this block" are one zero bit each, so that zeros are a picture.
const tables = [
  segment(0xc4, [0x00, 1, 0, 0, 0, 11, ...Array<number>(11).fill(0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0]),
];

function coded(size: Flat, block: NonNullable<Flat['block']>, count: number): Buffer {
  const before = Array<number>(count).fill(128);
  let bits = '';
  for (let row = 0; row < Math.ceil(size.height / 8); row++)
    for (let column = 0; column < Math.ceil(size.width / 8); column++)
      for (const [i, level] of block(column, row).entries()) {
        bits += difference(Math.round(level) - (before[i] ?? 0));
        before[i] = Math.round(level);
      }
  return stuffed(bits);
}

function difference(by: number): string {
  if (by === 0) return '00';
  const length = Math.abs(by).toString(2).length;
  const magnitude = (by > 0 ? by : by + 2 ** length - 1).toString(2).padStart(length, '0');
  return `${(15 + length).toString(2)}${magnitude}0`;
}

function stuffed(bits: string): Buffer {
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2));
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}
