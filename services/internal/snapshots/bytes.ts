import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pRetry from 'p-retry';
import { Fault } from '../fault/fault.ts';
import type { Sums } from './archive.ts';

// What file systems keep for themselves, and what else runs meanwhile.
const spareBytes = 256 * 1024 * 1024;
const atOnce = 6;

/** Writes a stream to a file that only its owner can read, whole or not at all, and answers what came. */
export async function writeFrom(source: Readable, folder: string, name: string): Promise<Sums> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const meter = createMeter();
  await pipeline(source, meter.pass, createWriteStream(`${file}.part`, { mode: 0o600, flush: true }));
  await rename(`${file}.part`, file);
  return meter.sums();
}

/** Reads a file and answers what it holds; undefined when it is not there. */
export async function sumsOf(folder: string, name: string): Promise<Sums | undefined> {
  const meter = createMeter();
  try {
    for await (const _ of meter.pass(createReadStream(join(folder, name))));
    return meter.sums();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws a Fault of kind invalid when a folder's disk has not as many bytes free, and some to spare. */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, bytes + spareBytes];
  if (free < needed)
    throw new Fault('invalid', `the disk of ${folder} has ${mib(free)} MiB free, and ${mib(needed)} MiB are needed`);
}

/** Does a thing to many, some at a time; stops between two when the signal says so, or one of them failed. */
export async function forEachOf<T>(
  many: Iterable<T>,
  signal: AbortSignal,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const iterator = many[Symbol.iterator]();
  let failed = false;
  const workOn = async () => {
    for (let one = iterator.next(); !one.done && !failed; one = iterator.next()) {
      if (signal.aborted) throw new Fault('unavailable', 'it was told to stop');
      await work(one.value);
    }
  };
  const fail = (error: unknown) => {
    failed = true;
    throw error;
  };
  await Promise.all(Array.from({ length: atOnce }, () => workOn().catch(fail)));
}

/** Tries again what a bucket that is away for a moment refused. */
export function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    ...{ retries: 6, minTimeout: 500, maxTimeout: 30_000, signal },
    shouldRetry: ({ error }) =>
      !signal.aborted && !(error instanceof Fault && !['unavailable', 'exhausted'].includes(error.kind)),
  });
}

function createMeter() {
  const hash = createHash('sha256');
  let size = 0;
  return {
    async *pass(source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    sums: (): Sums => ({ size, sha256: hash.digest('hex') }),
  };
}

function mib(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}
