/** Is a TIFF structure inside of a file: a raw file's, an EXIF block's or an MPF block's; its offsets count from its start. */
export interface Tiff {
  view: DataView;
  little: boolean;
  /** Is where the first directory stands. */
  first: number;
}

/** Is one directory: where the 12 bytes of each tag stand, and where the next directory does (0: there is none). */
export interface Directory {
  tiff: Tiff;
  entries: Map<number, number>;
  next: number;
}

const sizes: Record<number, number> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
};

/** Opens a TIFF structure; undefined for what is none. */
export function openTiff(bytes: Uint8Array): Tiff | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const little = order === 0x4949;
  return view.getUint16(2, little) === 42 ? { view, little, first: view.getUint32(4, little) } : undefined;
}

/** Opens a TIFF structure and reads its first directory. */
export function mainDirectory(bytes: Uint8Array): Directory | undefined {
  const tiff = openTiff(bytes);
  return tiff && directoryAt(tiff, tiff.first);
}

/** Reads the directory at an offset; undefined where it does not lie inside. The first of two like tags counts. */
export function directoryAt(tiff: Tiff, offset: number): Directory | undefined {
  const { view, little } = tiff;
  if (offset < 8 || offset + 2 > view.byteLength) return undefined;
  const count = view.getUint16(offset, little);
  const end = offset + 2 + count * 12;
  if (end > view.byteLength) return undefined;
  const entries = new Map<number, number>();
  for (let at = offset + 2; at < end; at += 12) {
    const tag = view.getUint16(at, little);
    if (!entries.has(tag)) entries.set(tag, at);
  }
  return { tiff, entries, next: end + 4 <= view.byteLength ? view.getUint32(end, little) : 0 };
}

/** Gives the bytes of a tag's value; undefined where the tag is not there or they do not lie inside. */
export function bytesOf({ tiff, entries }: Directory, tag: number): Uint8Array | undefined {
  const { view, little } = tiff;
  const at = entries.get(tag);
  const size = at === undefined ? undefined : sizes[view.getUint16(at + 2, little)];
  if (at === undefined || size === undefined) return undefined;
  const length = size * view.getUint32(at + 4, little);
  const start = length <= 4 ? at + 8 : view.getUint32(at + 8, little);
  if (start + length > view.byteLength) return undefined;
  return new Uint8Array(view.buffer, view.byteOffset + start, length);
}

/** Gives the first number of a tag of 16 or 32 bits; undefined where there is none. */
export function numberOf(directory: Directory, tag: number): number | undefined {
  const { view, little } = directory.tiff;
  const bytes = bytesOf(directory, tag);
  if (bytes === undefined || bytes.length < 2) return undefined;
  const type = view.getUint16((directory.entries.get(tag) ?? 0) + 2, little);
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (sizes[type] === 2) return value.getUint16(0, little);
  return sizes[type] === 4 ? value.getUint32(0, little) : undefined;
}
