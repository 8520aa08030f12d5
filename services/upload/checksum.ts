import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '#internal/fault/fault.ts';
import { lockedFault } from './lease.ts';
import { asDiskFault, removeFile } from './spool.ts';

/** Lists the algorithms of Upload-Checksum, as OPTIONS names them. */
export const algorithms = 'sha1,sha256';

/** Is how many bytes one request may bring with a checksum: they wait on disk until it was compared. */
export const mostChecked = 64 * 1024 * 1024;

const sizes: Record<string, number> = { sha1: 20, sha256: 32 };

/** Is what a client says of the bytes of one request. */
export interface Checksum {
  algorithm: string;
  digest: Buffer;
}

/** Is a request's body that waits to be checked. */
export interface CheckedRequest {
  /** Is the checksum, or a promise of it after the body. */
  checksum: Checksum | 'trailer';
  contentLength: number | undefined;
  /** Tells whether the body came to its end, and was not cut off. */
  complete(): boolean;
  trailers(): NodeJS.Dict<string>;
}

/** Is a body whose checksum was right; it lies on disk until disposed. */
export interface CheckedBody extends AsyncDisposable {
  readonly size: number;
  read(): Readable;
}

/** Finds the checksum that a request comes with, or announces as a trailer. Throws checksum_invalid. */
export function checksumIn(headers: IncomingHttpHeaders): Checksum | 'trailer' | undefined {
  const value = headers['upload-checksum'];
  if (value !== undefined) return checksumOf(value);
  const announced = (headers.trailer ?? '').split(',').some((name) => name.trim().toLowerCase() === 'upload-checksum');
  return announced ? 'trailer' : undefined;
}

/** Reads the value of Upload-Checksum. Throws checksum_invalid for an algorithm that is not offered. */
function checksumOf(value: unknown): Checksum {
  const [, algorithm = '', base64 = ''] = /^([a-z0-9]+) ([A-Za-z0-9+/]+=*)$/.exec(String(value)) ?? [];
  const digest = Buffer.from(base64, 'base64');
  if (Object.hasOwn(sizes, algorithm) && digest.length === sizes[algorithm]) return { algorithm, digest };
  throw new Fault('invalid', `Upload-Checksum is one of ${algorithms} and the sum in Base64.`, {
    code: 'checksum_invalid',
  });
}

/**
 * Takes a whole body to disk and compares its checksum before anything of it counts. Throws checksum_mismatch (460),
 * checksum_invalid, chunk_too_large, and upload_locked for a body that was cut off: what cannot be checked is not kept.
 */
export async function takeChecked(body: Readable, request: CheckedRequest, path: string): Promise<CheckedBody> {
  const dispose = () => removeFile(path);
  try {
    const { size, sums } = await spoolSummed(body, request.checksum, path);
    if (!request.complete() || size !== (request.contentLength ?? size)) throw lockedFault();
    const { algorithm, digest } = said(request);
    if (sums.get(algorithm)?.digest().equals(digest) !== true)
      throw new Fault('invalid', 'The checksum does not fit: nothing was kept.', {
        code: 'checksum_mismatch',
        status: 460,
      });
    return { size, read: () => createReadStream(path), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function said({ checksum, trailers }: CheckedRequest): Checksum {
  return checksum === 'trailer' ? checksumOf(trailers()['upload-checksum']) : checksum;
}

// A trailer names its algorithm only at the end: then all are computed.
async function spoolSummed(
  body: Readable,
  checksum: Checksum | 'trailer',
  path: string,
): Promise<{ size: number; sums: Map<string, Hash> }> {
  const wanted = checksum === 'trailer' ? Object.keys(sizes) : [checksum.algorithm];
  const sums = new Map(wanted.map((algorithm) => [algorithm, createHash(algorithm)]));
  let size = 0;
  const summed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > mostChecked) throw tooMuch();
      for (const sum of sums.values()) sum.update(chunk);
      yield chunk;
    }
  };
  await pipeline(body, summed, createWriteStream(path)).catch((error) => {
    throw asDiskFault(error);
  });
  return { size, sums };
}

/** Makes the fault of a request that brings more with a checksum than is taken. */
export function tooMuch(): Fault {
  return new Fault('invalid', `With a checksum, a request may bring ${mostChecked} bytes: send smaller ones.`, {
    code: 'chunk_too_large',
    status: 413,
  });
}
