import type { JobAnnounced, JobFile, JobView } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Uploader } from '../auth/uploader.ts';
import type { Database, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';
import { type AnnounceLimits, announce, type NewPhoto } from '../uploads/announce.ts';
import type { UploadWay } from '../uploads/upload.ts';
import { type Match, matchFiles } from './match.ts';
import { readJobs } from './view.ts';

/** Is who announces what, and by which way the new files will come. */
export interface NewJob {
  eventId: string;
  uploader: Uploader;
  way: Exclude<UploadWay, 'batch'>;
  files: readonly JobFile[];
  /** Is the id that the client chose: the same one again is the same job. */
  jobId?: string | undefined;
  /** Is the position of the first file, where the client says it. */
  first?: number | undefined;
  /** Counts the files of the card, when more will follow. */
  total?: number | undefined;
  albumId?: string | undefined;
}

interface Slice extends NewJob {
  jobId: string;
  /** Is the position of its first file. */
  first: number;
}

interface Planned {
  position: number;
  file: JobFile;
  photoId: string;
  duplicate: boolean;
  known: boolean;
}

const mostListed = 50;

/** Keeps jobs: manifests that uploaders announced, and what became of each file. */
export function jobStore(database: Database, journal: Journal, limits: AnnounceLimits) {
  return {
    /**
     * Announces a manifest in one commit. Throws what announcing throws; then nothing of it is announced. What was announced
     * under the same id is answered once more.
     */
    create: (job: NewJob): Promise<JobAnnounced> =>
      journal.commit(job.eventId, async (tx) => {
        const slice = { ...job, jobId: job.jobId ?? uuidv7(), first: 0 };
        const total = Math.max(job.total ?? 0, job.files.length);
        if (!(await insertJob(tx, slice, total))) {
          await lockJob(tx, slice);
          return { value: await answerAgain(tx, slice), entries: [] };
        }
        const value = await announceFiles(tx, slice, limits);
        return { value, entries: [{ type: 'job.announced', data: { job_id: slice.jobId, total } }] };
      }),
    /**
     * Announces the next files of an own job; those that are in it already are answered once more. Throws `job_missing`, and
     * invalid when they are more than it has.
     */
    add: (job: NewJob, jobId: string): Promise<JobAnnounced> =>
      database.transaction(async (tx) => {
        const { total, count } = await lockJob(tx, { ...job, jobId });
        const slice = { ...job, jobId, first: job.first ?? count };
        if (slice.first < count) return answerAgain(tx, slice);
        if (slice.first > count) throw new Fault('conflict', `The job has ${count} files: the next ones are missing.`);
        if (count + job.files.length > total) throw new Fault('invalid', `The job has ${total} files, no more.`);
        return announceFiles(tx, slice, limits);
      }),
    /** Reads one job; undefined when there is none. `ownedBy` leaves out what another uploader announced. */
    async read(eventId: string, jobId: string, ownedBy?: string): Promise<JobView | undefined> {
      const [job] = await readJobs(database, { eventId, jobIds: [jobId], ownedBy, limit: 1 });
      return job;
    },
    /** Tells whether an uploader announced a job. */
    async owns(eventId: string, jobId: string, uploaderId: string): Promise<boolean> {
      const rows = await database.query(
        `select 1 as one from jobs where event_id = $1 and job_id = $2 and uploader_id = $3`,
        [eventId, jobId, uploaderId],
      );
      return rows.length > 0;
    },
    /** Lists the newest 50 jobs of an event. */
    list: (eventId: string, ownedBy?: string): Promise<JobView[]> =>
      readJobs(database, { eventId, ownedBy, limit: mostListed }),
  };
}
export type JobStore = ReturnType<typeof jobStore>;

async function announceFiles(tx: Transaction, slice: Slice, limits: AnnounceLimits): Promise<JobAnnounced> {
  const planned = await plan(tx, slice);
  const fresh = planned.filter(({ known }) => !known);
  if (fresh.length > 0) await announceFresh(tx, slice, fresh, limits);
  await insertFiles(tx, slice, planned);
  return { job_id: slice.jobId, files: await answers(tx, slice, planned) };
}

async function plan(tx: Transaction, { eventId, uploader, files, first }: Slice): Promise<Planned[]> {
  const matches = await matchFiles(tx, eventId, uploader.uploaderId, files);
  return files.map((file, at) => {
    const match: Match | undefined = matches.get(at);
    return {
      position: first + at,
      file,
      photoId: match?.photoId ?? uuidv7(),
      duplicate: match?.duplicate ?? false,
      known: match !== undefined,
    };
  });
}

async function announceFresh(
  tx: Transaction,
  { eventId, uploader, way, albumId, jobId }: Slice,
  fresh: readonly Planned[],
  limits: AnnounceLimits,
): Promise<void> {
  const photos = fresh.map(
    ({ photoId, file }): NewPhoto => ({
      photoId,
      length: file.size,
      metadata: {
        event_id: eventId,
        filename: file.name,
        filetype: file.type,
        last_modified: file.last_modified?.toString(),
        sha256: file.sha256,
        album_id: albumId,
        job_id: jobId,
      },
    }),
  );
  await announce(tx, { eventId, uploader, way, photos }, limits);
}

// Of two that insert the same job at once, the second waits for the first and finds it there.
async function insertJob(tx: Transaction, { eventId, uploader, jobId }: Slice, total: number): Promise<boolean> {
  const rows = await tx.query(
    `insert into jobs (event_id, job_id, account_id, uploader_id, uploader_name, total) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing returning 1 as one`,
    [eventId, jobId, uploader.accountId, uploader.uploaderId, uploader.name, total],
  );
  return rows.length > 0;
}

async function lockJob(
  tx: Transaction,
  { eventId, uploader, jobId }: Pick<Slice, 'eventId' | 'uploader' | 'jobId'>,
): Promise<{ total: number; count: number }> {
  const [job] = await tx.query<{ total: number }>(
    `select total from jobs where event_id = $1 and job_id = $2 and uploader_id = $3 for update`,
    [eventId, jobId, uploader.uploaderId],
  );
  if (job === undefined) throw new Fault('missing', 'There is no such job.', { code: 'job_missing' });
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::int as count from job_files where event_id = $1 and job_id = $2',
    [eventId, jobId],
  );
  return { total: job.total, count: row?.count ?? 0 };
}

async function answerAgain(tx: Transaction, slice: Slice): Promise<JobAnnounced> {
  const { eventId, jobId, first, files } = slice;
  const rows = await tx.query<{ position: number; photoId: string; duplicate: boolean; name: string }>(
    `select position, photo_id as "photoId", duplicate, file_name as name from job_files
     where event_id = $1 and job_id = $2 and position >= $3 and position < $4 order by position`,
    [eventId, jobId, first, first + files.length],
  );
  const planned = files.flatMap((file, at): Planned[] => {
    const row = rows[at];
    return row?.name === file.name ? [{ ...row, file, known: true }] : [];
  });
  if (planned.length < files.length) throw new Fault('conflict', 'The job has other files at these positions.');
  return { job_id: jobId, files: await answers(tx, slice, planned) };
}

async function insertFiles(tx: Transaction, { eventId, jobId }: Slice, planned: readonly Planned[]): Promise<void> {
  const rows = planned.map(({ position, photoId, duplicate, file }) => ({ ...file, position, photoId, duplicate }));
  await tx.query(
    `insert into job_files (event_id, job_id, position, photo_id, duplicate, file_name, size, content_type, last_modified, sha256)
     select $1, $2, r.position, r."photoId", r.duplicate, r.name, r.size, r.type, to_timestamp(r.last_modified / 1000), r.sha256
     from json_to_recordset($3::json) r(position int, "photoId" uuid, duplicate boolean, name text, size bigint, type text,
       last_modified double precision, sha256 text)`,
    [eventId, jobId, JSON.stringify(rows)],
  );
}

// An open upload that was found again goes on by the way on which it began.
async function answers(tx: Transaction, slice: Slice, planned: readonly Planned[]): Promise<JobAnnounced['files']> {
  const found = planned.filter(({ known, duplicate }) => known && !duplicate).map(({ photoId }) => photoId);
  const rows = await tx.query<{ photoId: string; way: UploadWay }>(
    `select photo_id as "photoId", way from uploads where event_id = $1 and photo_id = any($2::uuid[])`,
    [slice.eventId, found],
  );
  const ways = new Map(rows.map(({ photoId, way }) => [photoId, way]));
  return planned.map(({ position, photoId, duplicate }) => {
    if (duplicate) return { position, photo_id: photoId, how: 'duplicate', url: null };
    const how = (ways.get(photoId) ?? slice.way) === 'presigned' ? 'presigned' : 'tus';
    const url = `/files/${slice.eventId}/${photoId}${how === 'presigned' ? '/urls' : ''}`;
    return { position, photo_id: photoId, how, url };
  });
}
