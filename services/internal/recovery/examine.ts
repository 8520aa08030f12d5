import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import pRetry from 'p-retry';
import type { Database } from '../database/database.ts';
import { originalKey } from '../objects/key.ts';
import type { Objects } from '../objects/objects.ts';
import type { ChainReport } from './chain.ts';
import type { Finding, Problem } from './finding.ts';

/** Is a stored photo as its row has it. */
export interface StoredPhoto {
  photoId: string;
  size: number;
  sha256: string | null;
  crc32: number | null;
  version: number;
  storedSeq: number;
}

/** Is what examining needs; a read that fails is not tried again after `signal`. */
export interface ExamineDeps {
  database: Database;
  objects: Objects;
  signal: AbortSignal;
}

interface Sums {
  size: number;
  sha256: string;
  crc32: number;
}

/** Reads one original again and compares it with what is known of it; looks for the entry that stored it. */
export async function examine(
  deps: ExamineDeps,
  eventId: string,
  photo: StoredPhoto,
  chain: ChainReport,
): Promise<Finding[]> {
  const finding = (problem: Problem, detail: string): Finding => ({ photo_id: photo.photoId, problem, detail });
  const sums = await pRetry(() => readAgain(deps.objects, originalKey(eventId, photo.photoId, photo.version)), {
    ...{ retries: 3, minTimeout: 500, shouldRetry: () => !deps.signal.aborted },
  });
  return [
    ...((await isProved(deps.database, eventId, photo, chain))
      ? []
      : [finding('entry_missing', 'the journal does not say that it was stored')]),
    ...(sums === undefined ? [finding('object_missing', 'its original is not in the bucket')] : []),
    ...(sums === undefined ? [] : differences(photo, sums).map(([problem, detail]) => finding(problem, detail))),
  ];
}

async function readAgain(objects: Objects, key: string): Promise<Sums | undefined> {
  const object = await objects.get(key);
  if (object === undefined) return undefined;
  const hash = createHash('sha256');
  const sums = { size: 0, crc32: 0 };
  for await (const chunk of object.body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sums.crc32 = crc32(chunk, sums.crc32);
    sums.size += chunk.length;
  }
  return { ...sums, sha256: hash.digest('hex') };
}

function differences(photo: StoredPhoto, sums: Sums): [Problem, string][] {
  if (sums.size !== photo.size) return [['size_differs', `${sums.size} bytes instead of ${photo.size}`]];
  if (photo.sha256 !== null)
    return sums.sha256 === photo.sha256
      ? []
      : [['sha256_differs', 'its bytes are not those that its photographer sent']];
  if (photo.crc32 === null || sums.crc32 === photo.crc32) return [];
  return [['crc32_differs', 'its bytes are not those that came']];
}

// What was stored after the chain was walked is asked for by itself.
async function isProved(database: Database, eventId: string, photo: StoredPhoto, chain: ChainReport): Promise<boolean> {
  if (photo.storedSeq <= chain.lastSeq) return chain.stored.has(photo.photoId);
  const rows = await database.query(
    `select 1 as one from journal where event_id = $1 and seq = $2 and photo_id = $3 and type = 'photo.stored'`,
    [eventId, photo.storedSeq, photo.photoId],
  );
  return rows.length > 0;
}
