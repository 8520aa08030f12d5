/** Is one tag of a test's EXIF block: its number, and a text, opaque bytes, fractions or whole numbers. */
export type TestTag = [tag: number, value: string | Buffer | [number, number][] | number[]];

/** Is the tags of a test's EXIF block. */
export interface TestTags {
  image?: TestTag[];
  photo?: TestTag[];
  gps?: TestTag[];
}

/** Makes an EXIF block as a camera writes it, of little-endian numbers. */
export function exifBlock({ image = [], photo = [], gps = [] }: TestTags): Buffer {
  const start = 8;
  const length = (tags: TestTag[]) => directory(tags, 0).length;
  const pointers = (at: number): TestTag[] => [
    [0x8769, [at]],
    [0x8825, [at]],
  ];
  const photoAt = start + length([...image, ...pointers(0)]);
  const gpsAt = photoAt + length(photo);
  const root: TestTag[] = [...image, [0x8769, [photoAt]], [0x8825, [gpsAt]]];
  const parts = [directory(root, start), directory(photo, photoAt), directory(gps, gpsAt)];
  return Buffer.concat([Buffer.from('Exif\0\0II*\0\x08\0\0\0', 'latin1'), ...parts]);
}

function directory(tags: TestTag[], at: number): Buffer {
  const head = Buffer.alloc(2 + tags.length * 12 + 4);
  head.writeUInt16LE(tags.length);
  const values: Buffer[] = [];
  let end = at + head.length;
  for (const [n, [tag, value]] of tags.entries()) {
    const { type, count, bytes } = encode(value);
    const entry = head.subarray(2 + n * 12);
    entry.writeUInt16LE(tag);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(count, 4);
    if (bytes.length <= 4) bytes.copy(entry, 8);
    else {
      entry.writeUInt32LE(end, 8);
      values.push(bytes);
      end += bytes.length;
    }
  }
  return Buffer.concat([head, ...values]);
}

function encode(value: TestTag[1]): { type: number; count: number; bytes: Buffer } {
  if (typeof value === 'string') {
    const bytes = Buffer.from(`${value}\0`);
    return { type: 2, count: bytes.length, bytes };
  }
  if (Buffer.isBuffer(value)) return { type: 7, count: value.length, bytes: value };
  const numbers = value.flat();
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [n, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * n);
  return numbers.length === value.length
    ? { type: 4, count: value.length, bytes }
    : { type: 5, count: value.length, bytes };
}
