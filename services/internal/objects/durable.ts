import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { etagOf } from './etag.ts';
import { type Sync, settlerOf, syncPath } from './sync.ts';

/** Makes what an S3 server on this machine has written outlive a power cut. */
export interface Durable {
  /** Syncs an object: its bytes and attributes, and the entries of the folders that lead to it. */
  settle(key: string): Promise<void>;
  /** Syncs a multipart upload that has begun. */
  settleMultipart(key: string, uploadId: string): Promise<void>;
  /** Syncs one part of a multipart upload that is going on. */
  settlePart(key: string, uploadId: string, part: number): Promise<void>;
  /**
   * Tells whether an object has the bytes that its ETag names, where the server does not answer for that: a power cut may
   * leave an object that nobody settled with its size and attributes, and zeros. `partSize` is that of its parts, if any.
   */
  isIntact(key: string, etag: string, partSize: number): Promise<boolean>;
}

/** Needs nothing: the S3 server answers only when what it wrote is durable. */
export const durableByItself: Durable = {
  settle: async () => {},
  settleMultipart: async () => {},
  settlePart: async () => {},
  isIntact: async () => true,
};

/** Says where an S3 server keeps a bucket, and its attributes where they are files of their own. */
export interface BucketFolders {
  bucketFolder: string;
  sideFolder?: string | undefined;
}

/**
 * Makes objects durable for versitygw's posix backend, which does not sync: an object is the file of its key below the
 * bucket's folder, a part lies in `.sgwtmp/multipart/<sha256 of key>/<upload id>/<number>`, attributes are the inode's or
 * lie in `<the same path>/meta` below the side folder (version 1.8, looked at on disk).
 */
export function durableOnDisk({ bucketFolder, sideFolder }: BucketFolders, sync: Sync = syncPath): Durable {
  const settleFile = settlerOf(bucketFolder, sync);
  const settleAttributes = sideFolder === undefined ? async () => {} : attributesSettler(sideFolder, sync);
  async function settle(path: string): Promise<void> {
    await settleFile(join(bucketFolder, path));
    await settleAttributes(path);
  }
  return {
    settle,
    settleMultipart: (key, uploadId) => settle(multipartPath(key, uploadId)),
    settlePart: (key, uploadId, part) => settle(join(multipartPath(key, uploadId), String(part))),
    async isIntact(key, etag, partSize) {
      const joined = etag.includes('-');
      return `"${await etagOf(join(bucketFolder, key), joined ? partSize : undefined)}"` === etag;
    },
  };
}

function multipartPath(key: string, uploadId: string): string {
  return join('.sgwtmp', 'multipart', createHash('sha256').update(key).digest('hex'), uploadId);
}

function attributesSettler(sideFolder: string, sync: Sync): (path: string) => Promise<void> {
  const settle = settlerOf(sideFolder, sync);
  return async (path) => {
    const folder = join(sideFolder, path, 'meta');
    await Promise.all((await readdir(folder)).map((name) => settle(join(folder, name))));
  };
}
