import type { CardFrame, CardFrameState, CardReport } from '@kilat/contract';
import type { Database, Transaction } from '../database/database.ts';
import { readJobs } from '../jobs/view.ts';
import { type PhotoRow, photoColumns, viewOf } from '../photos/view.ts';

interface FrameRow extends PhotoRow {
  position: number;
  name: string;
  announcedSize: number;
  announcedSha256: string | null;
  duplicate: boolean;
  backedUpAt: Date | null;
  /** Holds the newest entry of each type that proves something. */
  proofs: Partial<Record<ProofType, Proof>> | null;
}

type ProofType = 'photo.stored' | 'photo.verified' | 'photo.backed_up';
type Proof = Omit<NonNullable<CardFrame['entry']>, 'type'>;

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

// A backup is there for an event as soon as its photos are given the stage of it.
async function readStanding(tx: Transaction, eventId: string): Promise<Standing | undefined> {
  const [row] = await tx.query<Standing>(
    `select e.title, i.epoch, h.head_seq as seq, encode(h.head_hash, 'hex') as hash,
       exists (select from stages s where s.event_id = e.event_id and s.stage = 'backup') as "backupConfigured"
     from events e join heads h on h.event_id = e.event_id cross join installation i where e.event_id = $1`,
    [eventId],
  );
  return row;
}

function readFrames(tx: Transaction, eventId: string, jobId: string): Promise<FrameRow[]> {
  return tx.query<FrameRow>(
    `with files as (select * from job_files where event_id = $1 and job_id = $2),
     proofs as (
       select photo_id, json_object_agg(type, json_build_object(
         'seq', seq, 'hash', encode(hash, 'hex'), 'recorded_at', recorded_at) order by seq) as proofs
       from journal where event_id = $1 and type in ('photo.stored', 'photo.verified', 'photo.backed_up')
         and photo_id in (select photo_id from files)
       group by photo_id
     )
     select f.position, f.file_name as name, f.size as "announcedSize", f.sha256 as "announcedSha256", f.duplicate, p.*, j.proofs
     from files f
     join (select ${photoColumns}, backed_up_at as "backedUpAt" from photos where event_id = $1) p on p."photoId" = f.photo_id
     left join proofs j on j.photo_id = f.photo_id
     order by f.position`,
    [eventId, jobId],
  );
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
  return proof ? { ...proof, type, recorded_at: new Date(proof.recorded_at).toISOString() } : null;
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
