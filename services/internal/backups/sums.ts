import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Fault } from '../fault/fault.ts';

/** Is what bytes are known by: size in bytes, hashes as lower-case hex, crc32 as an unsigned number. */
export interface KnownSums {
  size: number;
  sha256: string | null;
  crc32: number | null;
}

/** Is what bytes that were read to their end came to. */
export interface ReadSums {
  size: number;
  sha256: string;
  crc32: number;
  md5: string;
}

/** Sums up bytes as they pass. */
function createSums() {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let [size, crc] = [0, 0];
  return {
    add(chunk: Uint8Array): void {
      sha256.update(chunk);
      md5.update(chunk);
      crc = crc32(chunk, crc);
      size += chunk.length;
    },
    end: (): ReadSums => ({ size, sha256: sha256.digest('hex'), crc32: crc, md5: md5.digest('hex') }),
  };
}

/** Reads bytes to their end for their sums alone. */
export async function sumUp(chunks: AsyncIterable<Uint8Array>): Promise<ReadSums> {
  const sums = createSums();
  for await (const chunk of chunks) sums.add(chunk);
  return sums.end();
}

/** Tells in what bytes differ from those that are known; undefined when all that is known fits. */
export function differenceOf(read: Omit<ReadSums, 'md5'>, known: KnownSums): 'size' | 'crc32' | 'sha256' | undefined {
  if (read.size !== known.size) return 'size';
  if (known.crc32 !== null && read.crc32 !== known.crc32) return 'crc32';
  return known.sha256 !== null && read.sha256 !== known.sha256 ? 'sha256' : undefined;
}

/**
 * Passes bytes on and proves them before the last of them leaves: whoever waits for all of them never gets wrong ones whole.
 * Throws invalid `hash_invalid` for other bytes than were announced, internal for damaged ones.
 */
export async function* proved(
  chunks: AsyncIterable<Uint8Array>,
  known: KnownSums,
  onProved: (sums: ReadSums) => void,
): AsyncGenerator<Uint8Array> {
  const sums = createSums();
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    sums.add(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  const read = sums.end();
  refuse(differenceOf(read, known), known);
  onProved(read);
  if (held !== undefined) yield held;
}

// A SHA-256 that differs where the CRC32 of what came fits: other bytes came than were announced, and always will.
function refuse(difference: ReturnType<typeof differenceOf>, known: KnownSums): void {
  if (difference === undefined) return;
  if (difference === 'sha256' && known.crc32 !== null)
    throw new Fault('invalid', 'The file is not the one that was announced: its SHA-256 differs.', {
      code: 'hash_invalid',
    });
  throw new Fault('internal', 'The bytes came back damaged from the storage.', { class: 'server' });
}
