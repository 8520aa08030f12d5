import type { Database } from '../database/database.ts';
import { type ChainReport, walkChain } from './chain.ts';
import { compareBucket, compareJournal } from './compare.ts';
import { type ExamineDeps, examine, type StoredPhoto } from './examine.ts';
import type { Finding } from './finding.ts';
import { type Reached, verificationOf } from './verification.ts';

/** Tells how far a verification is. */
export interface VerifyProgress {
  photos: number;
  bytes: number;
  total: number;
}

/** Is what verifying needs; it stops between photos when `signal` says so, and goes on there the next time. */
export interface VerifyDeps extends ExamineDeps {
  onProgress: (progress: VerifyProgress) => void;
  /** Is told how many photos one that was stopped had read. */
  onResumed: (photos: number) => void;
}

const atOnce = 4;
const pageSize = 100;

/**
 * Reads every original of an event again and compares size and SHA-256 (or CRC32 where no hash is known), walks the
 * journal's chain, and looks for photos without entry, entries without photo, objects without photo. Undefined when it was
 * stopped before its end. What was read stays known until `endVerifications`. The event may be live: what changes meanwhile
 * is never a finding.
 */
export async function verifyEvent(deps: VerifyDeps, eventId: string): Promise<Finding[] | undefined> {
  const { database } = deps;
  const chain = await walkChain(database, eventId);
  const verification = verificationOf(database, eventId);
  const reached = await verification.begin();
  if (reached.photos > 0) deps.onResumed(reached.photos);
  for await (const { found, ...upTo } of examineAll(deps, eventId, chain, reached))
    await verification.keep(upTo, found);
  if (deps.signal.aborted) return undefined;
  return [
    ...brokenIn(chain),
    ...(await verification.findings()),
    ...(await compareJournal(deps, eventId, chain.stored)),
    ...(await compareBucket(deps, eventId)),
  ];
}

async function* examineAll(
  deps: VerifyDeps,
  eventId: string,
  chain: ChainReport,
  reached: Reached,
): AsyncGenerator<Reached & { found: Finding[] }> {
  let { seq, photos } = reached;
  let bytes = 0;
  const next = () => readPhotos(deps.database, eventId, seq);
  for (let page = await next(); page.length > 0; page = await next()) {
    for (let at = 0; at < page.length; at += atOnce) {
      if (deps.signal.aborted) return;
      const some = page.slice(at, at + atOnce);
      const found = (await Promise.all(some.map((photo) => examine(deps, eventId, photo, chain)))).flat();
      seq = some.at(-1)?.storedSeq ?? seq;
      photos += some.length;
      bytes += some.reduce((sum, { size }) => sum + size, 0);
      yield { seq, photos, found };
      deps.onProgress({ photos, bytes, total: Math.max(photos, chain.stored.size) });
    }
  }
}

function brokenIn({ brokenAt }: ChainReport): Finding[] {
  return brokenAt === undefined ? [] : [{ photo_id: null, problem: 'journal_broken', detail: brokenAt }];
}

// In the order in which they were stored: what is stored during a run, or between two, is always still to come.
function readPhotos(database: Database, eventId: string, after: number): Promise<StoredPhoto[]> {
  return database.query<StoredPhoto>(
    `select photo_id as "photoId", size, sha256, crc32, original_version as version, stored_seq as "storedSeq" from photos
     where event_id = $1 and stored_seq > $2 and state <> 'deleted' order by stored_seq limit ${pageSize}`,
    [eventId, after],
  );
}
