import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Database } from '../database/database.ts';
import { eventPrefix, originalKey, photoOfOriginal } from '../objects/key.ts';
import type { Objects } from '../objects/objects.ts';
import { walkChain } from './chain.ts';

/** Is one thing that is not as it should be: of a photo, of an object without a photo, or of the journal itself. */
export interface Finding {
  photo_id: string | null;
  problem:
    | 'object_missing'
    | 'size_differs'
    | 'sha256_differs'
    | 'crc32_differs'
    | 'entry_missing'
    | 'row_missing'
    | 'object_without_row'
    | 'journal_broken';
  detail: string;
}

/** Tells how far a verification is. */
export interface VerifyProgress {
  photos: number;
  bytes: number;
  total: number;
}

/** Is what verifying needs; it stops between photos when `signal` says so, and goes on there the next time. */
export interface VerifyDeps {
  database: Database;
  objects: Objects;
  signal: AbortSignal;
  onProgress: (progress: VerifyProgress) => void;
}

interface PhotoRow {
  photoId: string;
  size: number;
  sha256: string | null;
  crc32: number | null;
  version: number;
  storedSeq: number | null;
}

const atOnce = 4;
const batchSize = 100;

/**
 * Reads every original of an event again and compares size and SHA-256 (or CRC32 where no hash is known), walks the
 * journal's chain, and looks for photos without entry, entries without photo, objects without photo. Undefined when it was
 * stopped before its end.
 */
export async function verifyEvent(deps: VerifyDeps, eventId: string): Promise<Finding[] | undefined> {
  const chain = await walkChain(deps.database, eventId);
  const begun = await resume(deps.database, eventId);
  const progress = { photos: begun.photos, bytes: 0, total: chain.stored.size };
  let after = begun.after;
  for (
    let page = await readPhotos(deps.database, eventId, after);
    page.length > 0;
    page = await readPhotos(deps.database, eventId, after)
  ) {
    for (let at = 0; at < page.length; at += atOnce) {
      if (deps.signal.aborted) return undefined;
      const some = page.slice(at, at + atOnce);
      const found = (await Promise.all(some.map((photo) => examine(deps, eventId, photo, chain.stored)))).flat();
      after = some.at(-1)?.photoId ?? after;
      progress.photos += some.length;
      progress.bytes += some.reduce((sum, { size }) => sum + size, 0);
      await keep(deps.database, eventId, after, some.length, found);
      deps.onProgress(progress);
    }
  }
  const broken: Finding[] =
    chain.brokenAt === undefined ? [] : [{ photo_id: null, problem: 'journal_broken', detail: chain.brokenAt }];
  const findings = [
    ...broken,
    ...(await kept(deps.database, eventId)),
    ...(await compareSets(deps, eventId, chain.stored)),
  ];
  await deps.database.query('delete from verifications where event_id = $1', [eventId]);
  return findings;
}

async function examine(
  { objects }: VerifyDeps,
  eventId: string,
  photo: PhotoRow,
  stored: ReadonlySet<string>,
): Promise<Finding[]> {
  const finding = (problem: Finding['problem'], detail: string): Finding => ({
    photo_id: photo.photoId,
    problem,
    detail,
  });
  const unproved = stored.has(photo.photoId)
    ? []
    : [finding('entry_missing', 'the journal does not say that it was stored')];
  const object = await objects.get(originalKey(eventId, photo.photoId, photo.version));
  if (object === undefined) return [...unproved, finding('object_missing', 'its original is not in the bucket')];
  const hash = createHash('sha256');
  let [size, sum] = [0, 0];
  for await (const chunk of object.body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sum = crc32(chunk, sum);
    size += chunk.length;
  }
  if (size !== photo.size) return [...unproved, finding('size_differs', `${size} bytes instead of ${photo.size}`)];
  if (photo.sha256 !== null && hash.digest('hex') !== photo.sha256)
    return [...unproved, finding('sha256_differs', 'its bytes are not those that its photographer sent')];
  if (photo.sha256 === null && photo.crc32 !== null && sum !== photo.crc32)
    return [...unproved, finding('crc32_differs', 'its bytes are not those that came')];
  return unproved;
}

/** Finds what one side knows and the other does not: journal and photos, bucket and photos. */
async function compareSets(
  { database, objects }: VerifyDeps,
  eventId: string,
  stored: ReadonlySet<string>,
): Promise<Finding[]> {
  const rows = await database.query<{ photoId: string }>(
    `select photo_id as "photoId" from photos where event_id = $1`,
    [eventId],
  );
  const known = new Set(rows.map(({ photoId }) => photoId));
  const findings: Finding[] = [...stored]
    .filter((photoId) => !known.has(photoId))
    .map((photoId) => ({
      photo_id: photoId,
      problem: 'row_missing',
      detail: 'the journal stored it, its row is gone',
    }));
  for await (const { key } of objects.list(eventPrefix(eventId))) {
    const photoId = photoOfOriginal(key);
    if (photoId !== undefined && !known.has(photoId))
      findings.push({ photo_id: photoId, problem: 'object_without_row', detail: `${key} belongs to no photo` });
  }
  return findings;
}

function readPhotos(database: Database, eventId: string, after: string): Promise<PhotoRow[]> {
  return database.query<PhotoRow>(
    `select photo_id as "photoId", size, sha256, crc32, original_version as version, stored_seq as "storedSeq" from photos
     where event_id = $1 and photo_id > $2 and stored_seq is not null and state <> 'deleted' order by photo_id limit ${batchSize}`,
    [eventId, after],
  );
}

async function resume(database: Database, eventId: string): Promise<{ after: string; photos: number }> {
  const [row] = await database.query<{ after: string | null; photos: number }>(
    `insert into verifications (event_id) values ($1) on conflict (event_id) do update set event_id = excluded.event_id
     returning verified_to as after, photos`,
    [eventId],
  );
  return { after: row?.after ?? '00000000-0000-0000-0000-000000000000', photos: row?.photos ?? 0 };
}

async function keep(
  database: Database,
  eventId: string,
  after: string,
  photos: number,
  found: Finding[],
): Promise<void> {
  await database.query(
    `update verifications set verified_to = $2, photos = photos + $3, findings = findings || $4::jsonb where event_id = $1`,
    [eventId, after, photos, JSON.stringify(found)],
  );
}

async function kept(database: Database, eventId: string): Promise<Finding[]> {
  const [row] = await database.query<{ findings: Finding[] }>(
    `select findings from verifications where event_id = $1`,
    [eventId],
  );
  return row?.findings ?? [];
}
