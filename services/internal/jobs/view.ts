import type { JobStatus, JobView } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

/** Asks for jobs of one event, newest first: some, or all up to a limit; `ownedBy` names their uploader. */
export interface JobQuery {
  eventId: string;
  jobIds?: readonly string[];
  ownedBy?: string | undefined;
  limit: number;
}

interface JobRow {
  jobId: string;
  eventId: string;
  uploaderName: string | null;
  createdAt: Date;
  total: number;
  completed: number;
  failed: number;
  stored: number;
  duplicates: number;
  outstanding: number;
  begun: boolean;
}

/** Reads jobs with what became of their files. */
export async function readJobs(from: Queryable, query: JobQuery): Promise<JobView[]> {
  const rows = await from.query<JobRow>(
    `select j.job_id as "jobId", j.event_id as "eventId", j.uploader_name as "uploaderName", j.created_at as "createdAt", j.total,
       c.completed, c.failed, c.stored, c.duplicates, c.outstanding, c.begun
     from (
       select * from jobs where event_id = $1 and ($2::uuid[] is null or job_id = any($2)) and ($3::uuid is null or uploader_id = $3)
       order by created_at desc limit $4
     ) j cross join lateral (
       select count(*) filter (where p.state = 'ready' or (p.state = 'deleted' and p.stored_seq is not null))::int as completed,
         count(*) filter (where p.state = 'failed' or (p.state = 'deleted' and p.stored_seq is null))::int as failed,
         count(*) filter (where p.stored_seq is not null)::int as stored,
         count(*) filter (where f.duplicate)::int as duplicates,
         (j.total - count(*) filter (where p.state <> 'announced'))::int as outstanding,
         coalesce(bool_or(u.received > 0 or u.holder is not null), false) as begun
       from job_files f join photos p on p.event_id = f.event_id and p.photo_id = f.photo_id
       left join uploads u on u.event_id = f.event_id and u.photo_id = f.photo_id and u.state = 'open'
       where f.event_id = j.event_id and f.job_id = j.job_id
     ) c order by j.created_at desc`,
    [query.eventId, query.jobIds ?? null, query.ownedBy ?? null, query.limit],
  );
  return rows.map(viewOf);
}

/** Reads the photos of a job. */
export async function readJobPhotos(from: Queryable, eventId: string, jobId: string): Promise<string[]> {
  const rows = await from.query<{ photoId: string }>(
    `select distinct photo_id as "photoId" from job_files where event_id = $1 and job_id = $2`,
    [eventId, jobId],
  );
  return rows.map(({ photoId }) => photoId);
}

function viewOf(row: JobRow): JobView {
  return {
    job_id: row.jobId,
    event_id: row.eventId,
    status: statusOf(row),
    total: row.total,
    completed: row.completed,
    failed: row.failed,
    stored: row.stored,
    duplicates: row.duplicates,
    uploader_name: row.uploaderName,
    created_at: row.createdAt.toISOString(),
  };
}

// Files that were not announced yet are outstanding too; a job with a failed file ends as FAILED.
function statusOf(
  job: Pick<JobRow, 'total' | 'completed' | 'failed' | 'stored' | 'duplicates' | 'outstanding' | 'begun'>,
): JobStatus {
  if (job.outstanding > 0) return job.begun || job.stored > job.duplicates ? 'UPLOADING' : 'QUEUED';
  if (job.completed + job.failed < job.total) return 'PROCESSING';
  return job.failed > 0 ? 'FAILED' : 'COMPLETED';
}
