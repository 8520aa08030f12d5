import type { Frame, JobProgress, JobView } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import { readJobPhotos, readJobs } from '#internal/jobs/view.ts';
import type { Client } from './channel.ts';
import { encodeEvent } from './stream.ts';

const progressEveryMs = 250;

/** Is the job that a client follows: frames come with its photos alone, or all photos while not all files are announced. */
export interface FollowedJob {
  readonly jobId: string;
  readonly photoIds: ReadonlySet<string> | undefined;
  /** Is what the client was last told of the job. */
  told: string;
}

/** Finds a job to follow; undefined when there is none, or another uploader's. */
export async function followJob(
  from: Queryable,
  { eventId, jobId, ownedBy }: { eventId: string; jobId: string; ownedBy: string | undefined },
): Promise<FollowedJob | undefined> {
  const [job] = await readJobs(from, { eventId, jobIds: [jobId], ownedBy, limit: 1 });
  if (job === undefined) return undefined;
  const photoIds = new Set(await readJobPhotos(from, eventId, jobId));
  return { jobId, photoIds: photoIds.size < job.total ? undefined : photoIds, told: '' };
}

/** Leaves in a frame what concerns a job; what it proves, from and to, stays. */
export function frameOfJob(frame: Frame, { photoIds }: FollowedJob): Frame {
  if (photoIds === undefined) return frame;
  const entries = frame.entries.filter(({ photo_id }) => photo_id === undefined || photoIds.has(photo_id));
  return { ...frame, entries };
}

/** Tells a client how far its job is, when that has changed. */
export function tellJob(client: Client, view: JobView): void {
  const { job } = client;
  if (job?.jobId !== view.job_id) return;
  const text = JSON.stringify(view);
  if (job.told === text) return;
  job.told = text;
  client.stream.write(encodeEvent('job', view));
}

/** Gathers progress hints and hands over the latest of each file, at most 4 times a second a job. */
export function createProgress(send: (progress: JobProgress) => void) {
  const waiting = new Map<string, Map<string, number>>();
  return (progress: JobProgress): void => {
    const key = `${progress.event_id} ${progress.job_id}`;
    const files = waiting.get(key) ?? new Map<string, number>();
    for (const { photo_id, sent } of progress.files) files.set(photo_id, sent);
    if (waiting.has(key)) return;
    waiting.set(key, files);
    setTimeout(() => {
      waiting.delete(key);
      send({ ...progress, files: [...files].map(([photo_id, sent]) => ({ photo_id, sent })) });
    }, progressEveryMs).unref();
  };
}
