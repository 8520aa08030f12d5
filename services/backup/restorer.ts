import { Readable } from 'node:stream';
import pRetry from 'p-retry';
import { differenceOf, type KnownSums, proved } from '#internal/backups/sums.ts';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { originalKey } from '#internal/objects/key.ts';
import type { ObjectInfo, Objects } from '#internal/objects/objects.ts';
import type { Provider } from './providers/provider.ts';
import { type FoundCopy, findCopies, readLost, type StoredPhoto } from './restorable.ts';

/** Is what restoring needs; providers are asked in their order. */
export interface RestorerDeps {
  database: Database;
  objects: Objects;
  providers: readonly Provider[];
  signal: AbortSignal;
  onProgress: (progress: RestoreProgress) => void;
}

/** Counts photos and bytes: those that were there already, those that came back, and all. */
export interface RestoreProgress {
  present: number;
  restored: number;
  bytes: number;
  total: number;
}

/** Is a photo that could not be brought back, and why. */
export interface NotRestored {
  photo_id: string;
  problem: 'no_copy' | 'copies_damaged';
}

/** Is what restoring an event came to. */
export interface RestoreResult extends RestoreProgress {
  lost: NotRestored[];
}

const atOnce = 4;

/**
 * Brings the originals of an event back that the bucket lacks, or has with other bytes, each proved by its SHA-256, or its
 * CRC32 where no hash is known, before it is there. Undefined when it was stopped; what is there is not read again.
 */
export async function restoreEvent(deps: RestorerDeps, eventId: string): Promise<RestoreResult | undefined> {
  const result: RestoreResult = { present: 0, restored: 0, bytes: 0, total: 0, lost: [] };
  const listing = createListing(deps, eventId);
  let after = 0;
  const next = () => readLost(deps.database, eventId, after);
  for (let page = await next(); page.photos.length > 0; page = await next()) {
    result.total = page.total;
    for (let at = 0; at < page.photos.length; at += atOnce) {
      if (deps.signal.aborted) return undefined;
      const some = page.photos.slice(at, at + atOnce);
      await Promise.all(some.map((photo) => restorePhoto(deps, { eventId, photo, listing }, result)));
      after = some.at(-1)?.storedSeq ?? after;
      deps.onProgress(result);
    }
  }
  return result;
}

interface Wanted {
  eventId: string;
  photo: StoredPhoto;
  listing: ReturnType<typeof createListing>;
}

async function restorePhoto(deps: RestorerDeps, wanted: Wanted, result: RestoreResult): Promise<void> {
  const outcome = await patiently(deps, () => bringBack(deps, wanted));
  if (outcome === 'present') result.present += 1;
  else if (outcome === 'restored') {
    result.restored += 1;
    result.bytes += wanted.photo.size;
  } else result.lost.push({ photo_id: wanted.photo.photoId, problem: outcome });
}

async function bringBack(deps: RestorerDeps, { eventId, photo, listing }: Wanted) {
  const key = originalKey(eventId, photo.photoId, photo.version);
  const there = await deps.objects.head(key);
  if (there !== undefined && isPhoto(there, photo)) return 'present' as const;
  const asked = new Set(deps.providers.map(({ name }) => name));
  const recorded = (await findCopies(deps.database, eventId, photo)).filter(({ provider }) => asked.has(provider));
  const copies = recorded.length > 0 ? recorded : await listing(photo);
  for (const provider of deps.providers) {
    for (const copy of copies.filter((one) => one.provider === provider.name))
      if (await fetchCopy(deps, provider, { copy, photo, key })) return 'restored' as const;
  }
  return copies.length === 0 ? ('no_copy' as const) : ('copies_damaged' as const);
}

// What the server does not keep it cannot deny; `kilat verify` reads all of it.
function isPhoto({ size, crc32, sha256 }: ObjectInfo, photo: KnownSums): boolean {
  const there = { size, crc32: crc32 ?? photo.crc32 ?? 0, sha256: sha256 ?? photo.sha256 ?? '' };
  return differenceOf(there, photo) === undefined;
}

/** Copies one copy back; false when it is not there, or not what was sent. */
async function fetchCopy(
  { objects, signal }: RestorerDeps,
  provider: Provider,
  { copy, photo, key }: { copy: FoundCopy; photo: StoredPhoto; key: string },
): Promise<boolean> {
  const body = await provider.read(copy.backupUrl, signal);
  if (body === undefined) return false;
  const known = { size: photo.size, crc32: photo.crc32, sha256: photo.sha256 ?? copy.sha256 };
  let failure: unknown;
  const broken = new AbortController();
  const proof = Readable.from(
    proved(body, known, () => {}),
    { objectMode: false },
  ).on('error', (error) => {
    failure = error;
    broken.abort();
  });
  try {
    const object = { key, body: proof, size: photo.size, contentType: photo.contentType };
    await objects.put(object, { signal: AbortSignal.any([signal, broken.signal]) });
    return true;
  } catch (error) {
    if (failure instanceof Fault && failure.kind !== 'unavailable') return false;
    throw failure === undefined ? error : new Fault('unavailable', 'The copy broke off.', { cause: failure });
  } finally {
    proof.destroy();
    body.destroy();
  }
}

/** Asks providers what they have of an event, once, for photos of which the database knows no copy. */
function createListing({ providers, signal }: RestorerDeps, eventId: string) {
  let listed: Promise<Map<string, FoundCopy[]>> | undefined;
  const list = async () => {
    const found = new Map<string, FoundCopy[]>();
    for (const provider of providers)
      for await (const { photoId, version, address: backupUrl } of provider.list(eventId, signal)) {
        const id = `${photoId} ${version}`;
        found.set(id, [...(found.get(id) ?? []), { provider: provider.name, backupUrl, sha256: null }]);
      }
    return found;
  };
  return async ({ photoId, version }: StoredPhoto): Promise<FoundCopy[]> => {
    listed ??= list();
    listed.catch(() => {
      listed = undefined;
    });
    return (await listed).get(`${photoId} ${version}`) ?? [];
  };
}

// Bucket or provider may be away for a moment: a restore of hours does not end for that.
function patiently<T>({ signal }: RestorerDeps, work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    ...{ retries: 6, minTimeout: 500, maxTimeout: 30_000, signal },
    shouldRetry: ({ error }) =>
      !signal.aborted && error instanceof Fault && (error.kind === 'unavailable' || error.kind === 'exhausted'),
  });
}
