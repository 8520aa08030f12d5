import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Fault } from '#internal/fault/fault.ts';

/**
 * Is an append-only file of the bytes that one request brings for one part. What is appended also flows to `live`
 * readers at once; after a failure downstream the same bytes are read again from the file.
 */
export interface Spool extends AsyncDisposable {
  /** Counts the bytes appended. */
  readonly size: number;
  /** Is the CRC32 of everything up to the last byte appended, started from the value given at opening. */
  readonly crc32: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Reads what is appended from now on; ends with `end`. Its failure does not disturb the spool. */
  follow(): Readable;
  /** Ends the file: what was appended can be read from now on. */
  end(): Promise<void>;
  read(): Readable;
}

/** Opens a spool file; `crc` is the CRC32 of the bytes before its first one. */
export function openSpool(path: string, crc: number): Spool {
  const file = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  const failed = new Promise<never>((_, reject) => file.once('error', (cause) => reject(asDiskFault(cause))));
  failed.catch(() => {});
  let [size, checksum] = [0, crc];
  let live: PassThrough | undefined;
  return {
    get size() {
      return size;
    },
    get crc32() {
      return checksum;
    },
    async append(chunk) {
      size += chunk.byteLength;
      checksum = crc32(chunk, checksum);
      const written = flow(file, chunk);
      const passed = live === undefined || live.destroyed ? undefined : flow(live, chunk);
      await Promise.race([failed, Promise.all([written, passed])]);
    },
    follow() {
      live = new PassThrough({ highWaterMark: 1024 * 1024 });
      live.on('error', () => {});
      return live;
    },
    async end() {
      live?.end();
      await Promise.race([failed, new Promise<void>((resolve) => file.end(() => resolve()))]);
    },
    read: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
    async [Symbol.asyncDispose]() {
      live?.destroy();
      file.destroy();
      await removeFile(path);
    },
  };
}

/** Removes a file; one that a broken disk keeps is tidied up later, and must not hide why the request failed. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

const diskTroubles = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** Turns what a full or broken disk throws into a fault that passes: the client comes again. Any other error stays. */
export function asDiskFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!diskTroubles.has(code)) return error;
  return new Fault('unavailable', 'There is no room for uploads at the moment.', { cause: error, retryAfter: 10 });
}

/** Writes a chunk and waits while the stream is full; a stream that is destroyed keeps nobody waiting. */
function flow(to: Writable, chunk: Uint8Array): Promise<void> | undefined {
  if (to.write(chunk)) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      to.off('drain', done).off('close', done);
      resolve();
    };
    to.once('drain', done).once('close', done);
  });
}
