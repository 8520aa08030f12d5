// Two tiles of 64 × 64 pixels and the header that both share, in HEVC: one of four squares, one in light grey.
const header = Buffer.from(
  'AQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQA==',
  'base64',
);
const square = Buffer.from(
  'AAAAOygBrwngITl1X//8aT//+/oPIfsFGWeefBXyf78If/8HO2MP/8WCID+TlYv/dwSmP/879Zf8BNYvrbVI',
  'base64',
);
const grey = Buffer.from('AAAAEigBrwngIYU0pd4/vh8ezroXPg==', 'base64');

/** Gives the colours of the first tile's corners: top left, top right, bottom left, bottom right; and the second tile's. */
export const heicColours = {
  corners: [
    [200, 40, 40],
    [40, 160, 40],
    [40, 40, 200],
    [210, 200, 40],
  ],
  grey: [235, 235, 235],
} as const;

/** Says what a HEIC is to be made of. */
export interface HeicSpec {
  /** Are the tiles across and down; the first shows four squares, the others are grey. */
  columns?: number;
  rows?: number;
  /** Is the size that is told, where it is not that of all tiles. */
  width?: number;
  height?: number;
  /** Are quarter turns against the clock that a viewer makes, and the mirroring after them: 0 top to bottom, 1 left to right. */
  turns?: number;
  mirror?: 0 | 1;
  /** Is the EXIF block, beginning with its TIFF header. */
  exif?: Buffer;
  icc?: Buffer;
}

/** Makes a HEIC whose picture is a grid of tiles, as phones do. */
export function heicOf(spec: HeicSpec = {}): Buffer {
  const { columns = 1, rows = 1 } = spec;
  const { width = columns * 64, height = rows * 64 } = spec;
  const count = columns * rows;
  const data = Buffer.concat([square, grey, Buffer.from([0, 1, rows - 1, columns - 1]), u32(width), u32(height)]);
  const items = [
    ...Array.from({ length: count }, (_, i) =>
      i === 0 ? place('hvc1', 0, square) : place('hvc1', square.length, grey),
    ),
    { type: 'grid', at: data.length - 12, size: 12 },
    ...(spec.exif ? [{ type: 'Exif', at: data.length, size: spec.exif.length + 4 }] : []),
  ];
  const ftyp = box('ftyp', 'heic', u32(0), 'mif1heic');
  const meta = (from: number) => metaBox(spec, { items, from, count, width, height });
  const mdat = box('mdat', data, ...(spec.exif ? [u32(0), spec.exif] : []));
  return Buffer.concat([ftyp, meta(ftyp.length + meta(0).length + 8), mdat]);
}

interface Item {
  type: string;
  /** Is where it stands in the data. */
  at: number;
  size: number;
}

interface Layout {
  items: Item[];
  /** Is where the data stand in the file. */
  from: number;
  count: number;
  width: number;
  height: number;
}

function place(type: string, at: number, { length: size }: Buffer): Item {
  return { type, at, size };
}

function metaBox(spec: HeicSpec, layout: Layout): Buffer {
  const handler = fullBox('hdlr', u32(0), 'pict', Buffer.alloc(13));
  const primary = fullBox('pitm', u16(layout.count + 1));
  return fullBox(
    'meta',
    handler,
    primary,
    locations(layout),
    infos(layout),
    references(layout),
    properties(spec, layout),
  );
}

function locations({ items, from }: Layout): Buffer {
  const entries = items.map(({ at, size }, i) =>
    Buffer.concat([u16(i + 1), u16(0), u16(1), u32(from + at), u32(size)]),
  );
  return fullBox('iloc', Buffer.from([0x44, 0]), u16(items.length), ...entries);
}

// Only the grid is to be shown: the others are hidden.
function infos({ items }: Layout): Buffer {
  const made = items.map(({ type }, i) => {
    const flags = type === 'grid' ? 0 : 1;
    return box('infe', u32(2 * 2 ** 24 + flags), u16(i + 1), u16(0), type, '\0');
  });
  return fullBox('iinf', u16(items.length), ...made);
}

function references({ items, count }: Layout): Buffer {
  const ids = Array.from({ length: count }, (_, i) => u16(i + 1));
  const describes = items.length > count + 1 ? [box('cdsc', u16(count + 2), u16(1), u16(count + 1))] : [];
  return fullBox('iref', box('dimg', u16(count + 1), u16(count), ...ids), ...describes);
}

function properties(spec: HeicSpec, { count, width, height }: Layout): Buffer {
  const own = [
    ...(spec.turns === undefined ? [] : [{ made: box('irot', Buffer.from([spec.turns])), essential: 0x80 }]),
    ...(spec.mirror === undefined ? [] : [{ made: box('imir', Buffer.from([spec.mirror])), essential: 0x80 }]),
    ...(spec.icc ? [{ made: box('colr', 'prof', spec.icc), essential: 0 }] : []),
  ];
  const sizes = [fullBox('ispe', u32(64), u32(64)), fullBox('ispe', u32(width), u32(height))];
  const made = box('ipco', box('hvcC', header), ...sizes, ...own.map((property) => property.made));
  const grid = [3, ...own.map(({ essential }, i) => essential | (4 + i))];
  const links = Array.from({ length: count }, (_, i) => Buffer.concat([u16(i + 1), Buffer.from([2, 0x81, 2])]));
  const association = fullBox('ipma', u32(count + 1), ...links, u16(count + 1), Buffer.from([grid.length, ...grid]));
  return box('iprp', made, association);
}

type Part = Buffer | string;

function box(type: string, ...parts: Part[]): Buffer {
  const body = Buffer.concat(
    [type, ...parts].map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  );
  return Buffer.concat([u32(body.length + 4), body]);
}

function fullBox(type: string, ...parts: Part[]): Buffer {
  return box(type, u32(0), ...parts);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
