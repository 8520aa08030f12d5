import { open } from 'node:fs/promises';

const [leastKept, mostKept] = [16 * 1024 * 1024, 64 * 1024 * 1024];
const headBytes = 4_100;
let scratch: Buffer<ArrayBufferLike> = Buffer.alloc(0);

/**
 * Reads a whole file into memory that the next call uses again: a decoder has one photo at a time, and a new buffer for each
 * has V8 collect its garbage for 20 ms.
 */
export async function readWhole(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (scratch.length < size || scratch.length > mostKept) scratch = Buffer.allocUnsafeSlow(Math.max(size, leastKept));
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(scratch, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return scratch.subarray(0, at);
}

/** Reads the first bytes of a file, which tell its type. */
export async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return buffer.subarray(0, bytesRead);
}
