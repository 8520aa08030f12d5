import { JobAnnounced, type JobFile, type JobFileAnswer } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { ApiFailure } from '#lib/api/failure.ts';
import { passes, secondsToWait } from './patience.ts';

/** Is told, while an announcement has to wait, for how many seconds. */
export type OnWait = (seconds: number) => void;

/** Announces what is dropped together as one job, in slices: sending begins before the last file was hashed. */
export interface Announcer {
  readonly jobId: string | undefined;
  /** Announces the next files; waits as long as a busy server asks. Throws ApiFailure for what waiting cannot mend. */
  announce(files: readonly JobFile[]): Promise<JobFileAnswer[]>;
}

/** Makes the announcer of one drop of so many files. */
export function createAnnouncer(eventId: string, total: number, onWait: OnWait): Announcer {
  const url = `/api/events/${eventId}/jobs`;
  let jobId: string | undefined;
  return {
    get jobId() {
      return jobId;
    },
    async announce(files) {
      const announced = await patiently(
        () =>
          post(jobId === undefined ? url : `${url}/${jobId}/files`, jobId === undefined ? { files, total } : { files }),
        onWait,
      );
      jobId = announced.job_id;
      return announced.files;
    },
  };
}

async function patiently<T>(work: () => Promise<T>, onWait: OnWait): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const trouble = troubleOf(error);
      if (!passes(trouble)) throw error;
      const seconds = secondsToWait(trouble, Date.now(), Math.random());
      onWait(seconds);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    }
  }
}

// What fetch throws by itself is a lost connection.
function troubleOf(error: unknown) {
  if (!(error instanceof ApiFailure)) return { status: undefined, retryAfter: null };
  return { status: error.status, code: error.code, retryAfter: error.retryAfter };
}

async function post(url: string, body: object): Promise<JobAnnounced> {
  return JobAnnounced.parse(await call('POST', url, body));
}
