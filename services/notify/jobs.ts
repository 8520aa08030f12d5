import type { JobView } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import { readJobs } from '#internal/jobs/view.ts';
import type { Triggers } from './triggers.ts';

/** Is a job whose files are all settled, and the account that announced it; a guest has none. */
export interface FinishedJob extends JobView {
  accountId: string | null;
}

/** Reads the jobs that entries may have ended and that have, each once for each way to end. */
export async function readFinished(tx: Queryable, eventId: string, triggers: Triggers): Promise<FinishedJob[]> {
  const candidates = await readSettled(tx, eventId, triggers);
  if (candidates.size === 0) return [];
  const views = await readJobs(tx, { eventId, jobIds: [...candidates.keys()], limit: candidates.size });
  const ended = views.filter(({ status }) => status === 'COMPLETED' || status === 'FAILED');
  const news = await tx.query<{ jobId: string }>(
    `insert into finished_jobs (event_id, job_id, status) select $1, * from unnest($2::uuid[], $3::text[])
     on conflict do nothing returning job_id as "jobId"`,
    [eventId, ended.map(({ job_id }) => job_id), ended.map(({ status }) => status)],
  );
  const fresh = new Set(news.map(({ jobId }) => jobId));
  return ended.flatMap((job) =>
    fresh.has(job.job_id) ? [{ ...job, accountId: candidates.get(job.job_id) ?? null }] : [],
  );
}

// One file that is on its way says enough: only of a job without any are all files counted.
async function readSettled(tx: Queryable, eventId: string, triggers: Triggers): Promise<Map<string, string | null>> {
  const { settled, announced } = triggers;
  if (settled.size + announced.size === 0) return new Map();
  const rows = await tx.query<{ jobId: string; accountId: string | null }>(
    `select j.job_id as "jobId", j.account_id as "accountId" from jobs j
     where j.event_id = $1 and j.job_id in (
         select job_id from job_files where event_id = $1 and photo_id = any($2) union all select unnest($3::uuid[]))
       and not exists (select 1 from job_files f join photos p on p.event_id = f.event_id and p.photo_id = f.photo_id
         where f.event_id = j.event_id and f.job_id = j.job_id and p.state in ('announced', 'stored'))`,
    [eventId, [...settled], [...announced]],
  );
  return new Map(rows.map(({ jobId, accountId }) => [jobId, accountId]));
}
