import type { BackupCopy, CardFrame, CardFrameState, CardReport } from '@kilat/contract';
import { readBackups } from '../backups/view.ts';
import type { Database, Transaction } from '../database/database.ts';
import { readJobs } from '../jobs/view.ts';
import { type PhotoRow, photoColumns, viewOf } from '../photos/view.ts';

interface FileRow {
  position: number;
  name: string;
  announcedSize: number;
  announcedSha256: string | null;
  duplicate: boolean;
  photoId: string;
}

/** Is a file with its photo, and with the newest entry of each type that proves something. */
type FrameRow = FileRow &
  PhotoRow & { backedUpAt: Date | null; proofs: Proofs | undefined; backups: BackupCopy[] | undefined };

type ProofType = 'photo.stored' | 'photo.verified' | 'photo.backed_up';
type Proof = Omit<NonNullable<CardFrame['entry']>, 'type'>;
type Proofs = Partial<Record<ProofType, Proof>>;

interface Standing {
  title: string;
  epoch: string;
  seq: number;
  hash: string;
  backupConfigured: boolean;
}

/**
 * Makes the card report of a job, of one snapshot: each file with its state and the journal entry that proves it. Undefined
 * when there is no such job, or another uploader's where `ownedBy` names one.
 */
export function readCardReport(
  database: Database,
  which: { eventId: string; jobId: string; ownedBy: string | undefined },
): Promise<CardReport | undefined> {
  return database.snapshot(async (tx) => {
    const { eventId, jobId, ownedBy } = which;
    const [job] = await readJobs(tx, { eventId, jobIds: [jobId], ownedBy, limit: 1 });
    const standing = job && (await readStanding(tx, eventId));
    if (job === undefined || standing === undefined) return undefined;
    const frames = (await readFrames(tx, eventId, jobId)).map(frameOf);
    return {
      job,
      event_title: standing.title,
      made_at: new Date().toISOString(),
      verdict: verdictOf(frames, job.total),
      backup_configured: standing.backupConfigured,
      head: { epoch: standing.epoch, seq: standing.seq, hash: standing.hash },
      frames,
    };
  });
}

// A backup is there for an event as soon as its photos are given the stage of it, or would be.
async function readStanding(tx: Transaction, eventId: string): Promise<Standing | undefined> {
  const [row] = await tx.query<Standing>(
    `select e.title, i.epoch, h.head_seq as seq, encode(h.head_hash, 'hex') as hash,
       cardinality(backup_providers_of(e.event_id)) > 0
         or exists (select from stages s where s.event_id = e.event_id and s.stage = 'backup') as "backupConfigured"
     from events e join heads h on h.event_id = e.event_id cross join installation i where e.event_id = $1`,
    [eventId],
  );
  return row;
}

// Plain queries: of one that joined them the planner made loops that took minutes, before statistics were there.
async function readFrames(tx: Transaction, eventId: string, jobId: string): Promise<FrameRow[]> {
  const files = await tx.query<FileRow>(
    `select position, file_name as name, size as "announcedSize", sha256 as "announcedSha256", duplicate, photo_id as "photoId"
     from job_files where event_id = $1 and job_id = $2 order by position`,
    [eventId, jobId],
  );
  const photoIds = [...new Set(files.map(({ photoId }) => photoId))];
  const photos = await tx.query<PhotoRow & { backedUpAt: Date | null }>(
    `select ${photoColumns}, backed_up_at as "backedUpAt" from photos where event_id = $1 and photo_id = any($2::uuid[])`,
    [eventId, photoIds],
  );
  const photoOf = new Map(photos.map((photo) => [photo.photoId, photo]));
  const proofsOf = await readProofs(tx, eventId, photoIds);
  const backupsOf = await readBackups(tx, eventId, photoIds);
  return files.flatMap((file) => {
    const photo = photoOf.get(file.photoId);
    const more = { proofs: proofsOf.get(file.photoId), backups: backupsOf.get(file.photoId) };
    return photo === undefined ? [] : [{ ...file, ...photo, ...more }];
  });
}

async function readProofs(tx: Transaction, eventId: string, photoIds: readonly string[]) {
  const rows = await tx.query<{ photoId: string; type: ProofType; seq: number; hash: string; recordedAt: Date }>(
    `select photo_id as "photoId", type, seq, encode(hash, 'hex') as hash, recorded_at as "recordedAt" from journal
     where event_id = $1 and type in ('photo.stored', 'photo.verified', 'photo.backed_up') and photo_id = any($2::uuid[])
     order by seq`,
    [eventId, photoIds],
  );
  const proofs = new Map<string, Proofs>();
  for (const { photoId, type, seq, hash, recordedAt } of rows)
    proofs.set(photoId, { ...proofs.get(photoId), [type]: { seq, hash, recorded_at: recordedAt.toISOString() } });
  return proofs;
}

function frameOf(row: FrameRow): CardFrame {
  const state = stateOf(row);
  return {
    position: row.position,
    name: row.name,
    size: row.announcedSize,
    sha256: row.sha256 ?? row.announcedSha256,
    photo_id: row.photoId,
    duplicate: row.duplicate,
    state,
    reason: reasonOf(row, state),
    entry: entryOf(row, state),
    photo: viewOf(row, 'team'),
    backups: row.backups ?? [],
  };
}

// A photo that somebody deleted is not there, whatever was proved of it before. No state counts that no entry proves.
function stateOf(row: FrameRow): CardFrameState {
  if (row.state === 'deleted') return 'missing';
  if (row.state === 'failed' || row.state === 'announced') return row.state;
  const { proofs } = row;
  if (proofs?.['photo.stored'] === undefined) return 'missing';
  if (row.verifiedAt === null || proofs['photo.verified'] === undefined || isOther(row)) return 'stored';
  return row.backedUpAt === null || proofs['photo.backed_up'] === undefined ? 'verified' : 'backed_up';
}

// The photo is sure, but it is not the file of this card.
function isOther({ sha256, announcedSha256 }: FrameRow): boolean {
  return announcedSha256 !== null && announcedSha256 !== sha256;
}

function entryOf({ proofs }: FrameRow, state: CardFrameState): CardFrame['entry'] {
  const type = state === 'failed' || state === 'missing' ? newestOf(proofs) : proofTypes[state];
  const proof = type && proofs?.[type];
  return proof ? { ...proof, type } : null;
}

const proofTypes: Record<'announced' | 'stored' | 'verified' | 'backed_up', ProofType | undefined> = {
  announced: undefined,
  stored: 'photo.stored',
  verified: 'photo.verified',
  backed_up: 'photo.backed_up',
};

function newestOf(proofs: FrameRow['proofs']): ProofType | undefined {
  const found = Object.entries(proofs ?? {}) as [ProofType, Proof][];
  return found.toSorted(([, a], [, b]) => b.seq - a.seq)[0]?.[0];
}

function reasonOf(row: FrameRow, state: CardFrameState): string | null {
  if (state === 'failed') return row.error?.code ?? null;
  if (state === 'missing') return row.state === 'deleted' ? 'deleted' : 'unproved';
  if (state !== 'stored') return null;
  if (row.sha256 === null) return 'no_sha256';
  if (isOther(row)) return 'checksum_mismatch';
  return row.verifiedAt === null ? null : 'unproved';
}

// A card may be formatted only when each of its files is verified and has a second copy.
function verdictOf(frames: readonly Pick<CardFrame, 'state'>[], total: number): CardReport['verdict'] {
  if (frames.length < total) return 'incomplete';
  if (frames.every(({ state }) => state === 'backed_up')) return 'safe_to_format';
  return frames.every(({ state }) => state === 'verified' || state === 'backed_up') ? 'not_backed_up' : 'incomplete';
}
