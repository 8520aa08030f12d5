const pointers = new Set([0x8769, 0x8825, 0xa005]);
const bytesOfType = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8] as const;
const [long, opaque, entryBytes] = [4, 7, 12];
const mostBytes = 4 * 1024 * 1024;
const mostDirectories = 5;

interface Block {
  bytes: Buffer;
  u16: (at: number) => number;
  u32: (at: number) => number;
}

/**
 * Tells whether an EXIF block can be read without harm: at most 4 MiB, whose tags do not claim more than there is. Thousands
 * of tags may each name the same bytes as their value; a reader that copies them for each makes gigabytes of 64 KiB.
 */
export function isHonest(block: Buffer): boolean {
  if (block.length > mostBytes || block.length < 16) return false;
  const tiff = openBlock(block.toString('latin1', 0, 4) === 'Exif' ? block.subarray(6) : block);
  const first = tiff.u32(4);
  const next = first + 2 + entriesAt(tiff, first) * entryBytes;
  const waiting = next + 4 <= tiff.bytes.length ? [tiff.u32(next), first] : [first];
  let claimed = 0;
  for (let read = 0; waiting.length > 0; read++) {
    if (read > mostDirectories) return false;
    claimed += walk(tiff, waiting.pop() ?? 0, waiting);
    if (claimed > 2 * tiff.bytes.length) return false;
  }
  return true;
}

function openBlock(bytes: Buffer): Block {
  if (bytes.toString('latin1', 0, 2) === 'MM')
    return { bytes, u16: (at) => bytes.readUInt16BE(at), u32: (at) => bytes.readUInt32BE(at) };
  return { bytes, u16: (at) => bytes.readUInt16LE(at), u32: (at) => bytes.readUInt32LE(at) };
}

function entriesAt({ bytes, u16 }: Block, directory: number): number {
  return directory + 2 <= bytes.length ? u16(directory) : 0;
}

// Adds up what one directory's values claim, and notes the directories that it points to.
function walk(block: Block, directory: number, waiting: number[]): number {
  const last = block.bytes.length - entryBytes;
  const end = directory + 2 + entriesAt(block, directory) * entryBytes;
  let claimed = 0;
  for (let at = directory + 2; at < end && at <= last; at += entryBytes) {
    const [tag, type] = [block.u16(at), block.u16(at + 2)];
    if (pointers.has(tag) && type in bytesOfType) {
      if (type !== long) return Number.POSITIVE_INFINITY; // a reader may follow it all the same, where to we do not know
      waiting.push(block.u32(at + 8));
    }
    claimed += claimOf(block, at);
  }
  return claimed;
}

function claimOf({ bytes, u16, u32 }: Block, at: number): number {
  const type = u16(at + 2);
  if (type === opaque) return 0; // such a value is not copied
  const claim = (bytesOfType[type] ?? 0) * u32(at + 4);
  return claim <= 4 ? 0 : Math.min(claim, Math.max(0, bytes.length - u32(at + 8)));
}
