import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';

/** Makes what an S3 server on this machine has written outlive a power cut. */
export interface Durable {
  /** Syncs an object: its bytes and attributes, and the entries of the folders that lead to it. */
  settle(key: string): Promise<void>;
  /** Syncs one part of a multipart upload that is going on. */
  settlePart(key: string, uploadId: string, part: number): Promise<void>;
}

/** Needs nothing: the S3 server answers only when what it wrote is durable. */
export const durableByItself: Durable = { settle: async () => {}, settlePart: async () => {} };

/**
 * Makes objects durable for versitygw's posix backend, which does not sync: an object is the file of its key below the
 * bucket's folder, a part lies in `.sgwtmp/multipart/<sha256 of key>/<upload id>/<number>` (version 1.8, looked at on disk).
 */
export function durableOnDisk(bucketFolder: string, sync: (path: string) => Promise<void> = syncPath): Durable {
  const syncFolder = grouped(sync);
  // A folder whose entry is durable stays so: nobody renames or removes one that is in use.
  const known = new LRUCache<string, true>({ max: 50_000 });
  async function settleEntry(path: string): Promise<void> {
    const folder = dirname(path);
    await syncFolder(folder);
    if (folder === bucketFolder || known.has(folder)) return;
    await settleEntry(folder);
    known.set(folder, true);
  }
  async function settlePath(path: string): Promise<void> {
    await sync(path);
    await settleEntry(path);
  }
  return {
    settle: (key) => settlePath(join(bucketFolder, key)),
    settlePart: (key, uploadId, part) => {
      const folder = createHash('sha256').update(key).digest('hex');
      return settlePath(join(bucketFolder, '.sgwtmp', 'multipart', folder, uploadId, String(part)));
    },
  };
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Groups syncs of one path, as databases group commits: while one runs, all who come wait together for the next. */
function grouped(sync: (path: string) => Promise<void>): (path: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  function begin(path: string): Promise<void> {
    const run = sync(path).finally(() => running.delete(path));
    running.set(path, run);
    return run;
  }
  return (path) => {
    const now = running.get(path);
    if (now === undefined) return begin(path);
    const waiting =
      next.get(path) ??
      now
        .catch(() => {})
        .then(() => {
          next.delete(path);
          return begin(path);
        });
    next.set(path, waiting);
    return waiting;
  };
}
