import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Fault } from '#internal/fault/fault.ts';
import type { Sums } from './provider.ts';

// Requests are multiples of it, the last one aside.
const quantum = 256 * 1024;

/** Is what is sent: bytes whose size, and perhaps hashes, are known before. */
export interface Source extends Pick<Sums, 'sha256' | 'crc32'> {
  size: number;
  open(signal: AbortSignal): Promise<Readable>;
}

/** Holds of a source what the far side has not taken yet, and hashes all that it reads. */
export interface Window extends AsyncDisposable {
  /** Is the offset of the first byte that is held. */
  readonly from: number;
  /** Reads on until as much is held, or the source has ended as it should. */
  fill(bytes: number): Promise<void>;
  /** Gives what the next request may bring, as much at most. */
  next(bytes: number): Uint8Array<ArrayBuffer>;
  /** Drops what lies before an offset; false when it lies outside of what is held. */
  taken(upTo: number): boolean;
  /** Gives the hashes of the whole source once it has ended. */
  sums(): Required<Sums>;
}

/** Opens a source of which the first `from` bytes are only hashed. Throws what its stream throws. */
export async function openWindow(source: Source, from: number, signal: AbortSignal): Promise<Window> {
  const stream = await source.open(signal);
  const pieces: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let [held, start, read, crc]: [Buffer<ArrayBuffer>, number, number, number] = [Buffer.alloc(0), from, 0, 0];
  let found: Required<Sums> | undefined;

  function take(piece: Uint8Array): Uint8Array {
    sha256.update(piece);
    md5.update(piece);
    crc = crc32(piece, crc);
    read += piece.byteLength;
    if (read > source.size) throw alienFault();
    return piece.subarray(Math.max(0, piece.byteLength - Math.max(0, read - from)));
  }

  return {
    get from() {
      return start;
    },
    async fill(bytes) {
      const all: Uint8Array[] = [held];
      let length = held.byteLength;
      // What may be the last request is not sent before the source is known to have ended, and to be what was promised.
      while (found === undefined && (length < bytes || read >= source.size)) {
        const { done, value } = await pieces.next();
        if (done) found = examine(source, read, { sha256: sha256.digest('hex'), md5: md5.digest('hex'), crc32: crc });
        else length += all[all.push(take(value)) - 1]?.byteLength ?? 0;
      }
      held = Buffer.concat(all);
    },
    next(bytes) {
      if (found !== undefined && held.byteLength <= bytes) return held;
      return held.subarray(0, Math.floor(Math.min(held.byteLength, bytes) / quantum) * quantum);
    },
    taken(upTo) {
      if (upTo < start || upTo > start + held.byteLength) return false;
      held = Buffer.from(held.subarray(upTo - start));
      start = upTo;
      return true;
    },
    sums() {
      if (found === undefined) throw new Fault('internal', 'The original has not been read to its end.');
      return found;
    },
    async [Symbol.asyncDispose]() {
      stream.destroy();
    },
  };
}

/** Reads a source only for its hashes. */
export async function sumsOf(source: Source, signal: AbortSignal): Promise<Required<Sums>> {
  await using window = await openWindow(source, source.size, signal);
  await window.fill(quantum);
  return window.sums();
}

function examine(source: Source, read: number, sums: Required<Sums>): Required<Sums> {
  if (read < source.size) throw new Fault('unavailable', 'The original broke off.', { class: 'network' });
  const { sha256 = sums.sha256, crc32: crc = sums.crc32 } = source;
  if (sha256 !== sums.sha256 || crc !== sums.crc32) throw alienFault();
  return sums;
}

function alienFault(): Fault {
  return new Fault('internal', 'The original is not what was stored.', { class: 'invalid' });
}
