import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { Due } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { originalKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';

/** Is what rendering needs of a photo's row and its event's. */
export interface PhotoFacts {
  size: number;
  sha256: string | null;
  crc32: number | null;
  originalVersion: number;
  storedAt: Date;
  /** Is the JPEG quality of the compressed copy at full size, where the event offers one. */
  webQuality: number | null;
}

// A photographer's own pictures lose less than a guest's.
const [photographersQuality, guestsQuality] = [95, 90];

/** Reads the facts of a stored photo. */
export async function readFacts(database: Database, due: Due): Promise<PhotoFacts> {
  const [row] = await database.query<PhotoFacts>(
    `select p.size, p.sha256, p.crc32, p.original_version as "originalVersion", p.stored_at as "storedAt",
       case when e.web_originals then case when p.account_id is null then ${guestsQuality} else ${photographersQuality} end
       end as "webQuality"
     from photos p left join events e on e.event_id = p.event_id
     where p.event_id = $1 and p.photo_id = $2 and p.stored_at is not null and p.state <> 'deleted'`,
    [due.event_id, due.photo_id],
  );
  if (row === undefined) throw new Fault('missing', 'The photo is gone.', { code: 'photo_missing' });
  return row;
}

/**
 * Reads the whole original into a file and checks it on the way: size, CRC32 where known, and the client's SHA-256 where
 * announced, which is answered then.
 */
export async function fetchOriginal(
  objects: Objects,
  due: Due,
  facts: PhotoFacts,
  file: string,
  signal: AbortSignal,
): Promise<{ verified: string | undefined }> {
  const sums = summing();
  const key = originalKey(due.event_id, due.photo_id, facts.originalVersion);
  await readable(objects, async () => {
    const object = await objects.get(key, { signal });
    if (object === undefined) throw missing();
    await pipeline(object.body, sums.pass, createWriteStream(file), { signal });
  });
  const { size, crc, sha256 } = sums.result();
  if (size !== facts.size || (facts.crc32 !== null && crc !== facts.crc32)) {
    // It may come back whole the next time; when it never does, that is one photo's trouble and not the storage's.
    throw new Fault('internal', 'The original came back damaged from the object storage.', { class: 'server' });
  }
  if (facts.sha256 === null) return { verified: undefined };
  if (sha256 === facts.sha256) return { verified: sha256 };
  throw new Fault('invalid', 'The file is not the one that was announced: its SHA-256 differs.', {
    code: 'hash_invalid',
  });
}

function summing() {
  const hash = createHash('sha256');
  let [size, crc] = [0, 0];
  return {
    async *pass(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        crc = crc32(chunk, crc);
        size += chunk.length;
        yield chunk;
      }
    },
    result: () => ({ size, crc, sha256: hash.digest('hex') }),
  };
}

function missing(): Fault {
  return new Fault('missing', 'The original is not in the object storage.', { code: 'photo_missing' });
}

// Where the storage answers and only this object does not come, waiting for the storage would never end.
async function readable(objects: Objects, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (cause) {
    if (cause instanceof Fault && cause.kind === 'missing') throw cause;
    if (isFull(cause)) throw new Fault('unavailable', 'There is no room to work in.', { cause, class: 'server' });
    if ((await objects.probe()) !== undefined)
      throw new Fault('unavailable', 'The object storage is not available.', { cause, class: 'network' });
    throw new Fault('internal', 'The original cannot be read from the object storage.', { cause, class: 'server' });
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
