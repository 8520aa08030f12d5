/** Is one field of a TIFF directory: its tag, and its value as text, as numbers of 16 or 32 bits, fractions, or bytes. */
export interface Field {
  tag: number;
  value:
    | { text: string }
    | { short: number }
    | { long: number }
    | { fraction: [number, number] }
    | { bytes: Uint8Array }
    | { directory: Field[] };
}

interface Written {
  type: number;
  count: number;
  bytes: Buffer;
}

const headerBytes = 8;

/** Writes directories that follow each other as a little-endian TIFF, the form of EXIF and MPF blocks. */
export function writeTiff(directories: readonly Field[][]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 0x2a, 0, headerBytes, 0, 0, 0])];
  let at = headerBytes;
  directories.forEach((fields, index) => {
    const part = writeDirectory(fields, at, index < directories.length - 1);
    parts.push(part);
    at += part.length;
  });
  return Buffer.concat(parts);
}

// A directory, then what does not fit into its fields, then the directories below it.
function writeDirectory(fields: readonly Field[], start: number, hasNext: boolean): Buffer {
  const sorted = [...fields].sort((a, b) => a.tag - b.tag);
  const head = Buffer.alloc(2 + 12 * sorted.length + 4);
  const behind: Buffer[] = [];
  let end = start + head.length;
  const append = (bytes: Buffer) => {
    const [at, padded] = [end, bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)])];
    behind.push(padded);
    end += padded.length;
    return at;
  };
  head.writeUInt16LE(sorted.length, 0);
  sorted.forEach(({ tag, value }, index) => {
    const at = 2 + 12 * index;
    const { type, count, bytes } =
      'directory' in value ? long(append(writeDirectory(value.directory, end, false))) : written(value);
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    if (bytes.length <= 4) bytes.copy(head, at + 8);
    else head.writeUInt32LE(append(bytes), at + 8);
  });
  if (hasNext) head.writeUInt32LE(end, head.length - 4);
  return Buffer.concat([head, ...behind]);
}

function written(value: Exclude<Field['value'], { directory: Field[] }>): Written {
  if ('text' in value)
    return { type: 2, count: value.text.length + 1, bytes: Buffer.from(`${value.text}\0`, 'latin1') };
  if ('short' in value) return { type: 3, count: 1, bytes: Buffer.from(Uint16Array.of(value.short).buffer) };
  if ('long' in value) return long(value.long);
  if ('fraction' in value) return { type: 5, count: 1, bytes: Buffer.from(Uint32Array.from(value.fraction).buffer) };
  return { type: 7, count: value.bytes.length, bytes: Buffer.from(value.bytes) };
}

function long(value: number): Written {
  return { type: 4, count: 1, bytes: Buffer.from(Uint32Array.of(value).buffer) };
}
