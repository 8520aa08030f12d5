import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Due } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { originalKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';

/** Is what rendering needs of a photo's row. */
export interface PhotoFacts {
  size: number;
  sha256: string | null;
  crc32: number | null;
  originalVersion: number;
  storedAt: Date;
}

/** Is an original in memory; `verified` is its SHA-256 when that is the one that the client announced. */
export interface Original {
  bytes: Buffer;
  verified: string | undefined;
}

/** Reads the facts of a stored photo. */
export async function readFacts(database: Database, due: Due): Promise<PhotoFacts> {
  const [row] = await database.query<PhotoFacts>(
    `select size, sha256, crc32, original_version as "originalVersion", stored_at as "storedAt" from photos
     where event_id = $1 and photo_id = $2 and stored_at is not null`,
    [due.event_id, due.photo_id],
  );
  if (row === undefined) throw new Fault('missing', 'The photo is gone.', { code: 'photo_missing' });
  return row;
}

/** Reads the whole original and checks it: size, CRC32 where known, and the client's SHA-256 where announced. */
export async function readOriginal(
  objects: Objects,
  due: Due,
  facts: PhotoFacts,
  signal: AbortSignal,
): Promise<Original> {
  const bytes = await load(objects, originalKey(due.event_id, due.photo_id, facts.originalVersion), signal);
  if (bytes.byteLength !== facts.size || (facts.crc32 !== null && crc32(bytes) !== facts.crc32)) {
    // It may come back whole the next time; when it never does, that is one photo's trouble and not the storage's.
    throw new Fault('internal', 'The original came back damaged from the object storage.', { class: 'server' });
  }
  if (facts.sha256 === null) return { bytes, verified: undefined };
  if (createHash('sha256').update(bytes).digest('hex') === facts.sha256) return { bytes, verified: facts.sha256 };
  throw new Fault('invalid', 'The file is not the one that was announced: its SHA-256 differs.', {
    code: 'hash_invalid',
  });
}

// Where the storage answers and only this object does not come, waiting for the storage would never end.
async function load(objects: Objects, key: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const object = await objects.get(key, { signal });
    if (object !== undefined) return await collect(object.body);
  } catch (cause) {
    if ((await objects.probe()) !== undefined) throw cause;
    throw new Fault('internal', 'The original cannot be read from the object storage.', { cause, class: 'server' });
  }
  throw new Fault('missing', 'The original is not in the object storage.', { code: 'photo_missing' });
}

async function collect(body: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch (cause) {
    throw new Fault('unavailable', 'The object storage broke off.', { cause, class: 'network' });
  }
  return Buffer.concat(chunks);
}
