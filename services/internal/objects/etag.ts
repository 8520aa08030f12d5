import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const chunkBytes = 1024 * 1024;

/**
 * Computes the ETag that an S3 server gives to a file's bytes: their MD5, or that of their parts' MD5s and the number of
 * parts where it was joined of parts of a size in bytes.
 */
export async function etagOf(path: string, partSize: number | undefined): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const parts: Buffer[] = [];
    const step = partSize ?? Math.max(size, 1);
    for (let start = 0; start < size || parts.length === 0; start += step)
      parts.push(await md5Of(handle, start, Math.min(size, start + step)));
    const [whole] = parts;
    if (partSize === undefined && whole !== undefined) return whole.toString('hex');
    return `${createHash('md5').update(Buffer.concat(parts)).digest('hex')}-${parts.length}`;
  } finally {
    await handle.close();
  }
}

async function md5Of(handle: Awaited<ReturnType<typeof open>>, start: number, end: number): Promise<Buffer> {
  const hash = createHash('md5');
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = start; at < end; ) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, end - at), at);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest();
}
