import type { CreateJob, JobAnnounced, JobFile, JobView } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Uploader } from '../auth/uploader.ts';
import type { Database, Transaction } from '../database/database.ts';
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
  manifest: CreateJob;
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
    /** Announces a manifest in one commit. Throws what announcing throws; then nothing of it is announced. */
    create: (job: NewJob): Promise<JobAnnounced> =>
      journal.commit(job.eventId, async (tx) => {
        const jobId = uuidv7();
        const planned = await plan(tx, job);
        const fresh = planned.filter(({ known }) => !known);
        if (fresh.length > 0) await announceFresh(tx, job, jobId, fresh, limits);
        await insertJob(tx, job, jobId, planned);
        const value = { job_id: jobId, files: await answers(tx, job, planned) };
        return { value, entries: [{ type: 'job.announced', data: { job_id: jobId, total: planned.length } }] };
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

async function plan(tx: Transaction, { eventId, uploader, manifest }: NewJob): Promise<Planned[]> {
  const matches = await matchFiles(tx, eventId, uploader.uploaderId, manifest.files);
  return manifest.files.map((file, position) => {
    const match: Match | undefined = matches.get(position);
    return {
      position,
      file,
      photoId: match?.photoId ?? uuidv7(),
      duplicate: match?.duplicate ?? false,
      known: match !== undefined,
    };
  });
}

async function announceFresh(
  tx: Transaction,
  { eventId, uploader, way, manifest }: NewJob,
  jobId: string,
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
        album_id: manifest.album_id,
        job_id: jobId,
      },
    }),
  );
  await announce(tx, { eventId, uploader, way, photos }, limits);
}

async function insertJob(tx: Transaction, job: NewJob, jobId: string, planned: readonly Planned[]): Promise<void> {
  const { eventId, uploader } = job;
  await tx.query(
    `insert into jobs (event_id, job_id, account_id, uploader_id, uploader_name, total) values ($1, $2, $3, $4, $5, $6)`,
    [eventId, jobId, uploader.accountId, uploader.uploaderId, uploader.name, planned.length],
  );
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
async function answers(tx: Transaction, job: NewJob, planned: readonly Planned[]): Promise<JobAnnounced['files']> {
  const found = planned.filter(({ known, duplicate }) => known && !duplicate).map(({ photoId }) => photoId);
  const rows = await tx.query<{ photoId: string; way: UploadWay }>(
    `select photo_id as "photoId", way from uploads where event_id = $1 and photo_id = any($2::uuid[])`,
    [job.eventId, found],
  );
  const ways = new Map(rows.map(({ photoId, way }) => [photoId, way]));
  return planned.map(({ position, photoId, duplicate }) => {
    if (duplicate) return { position, photo_id: photoId, how: 'duplicate', url: null };
    const how = (ways.get(photoId) ?? job.way) === 'presigned' ? 'presigned' : 'tus';
    const url = `/files/${job.eventId}/${photoId}${how === 'presigned' ? '/urls' : ''}`;
    return { position, photo_id: photoId, how, url };
  });
}
