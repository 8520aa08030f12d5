import { JobAnnounced, type JobFile, type JobFileAnswer } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { ApiFailure } from '#lib/api/failure.ts';
import { passes, secondsToWait, type Trouble } from './patience.ts';

const mostBlinks = 4;

/** Announces what was dropped together as one job, in slices: sending begins before the last file was hashed. */
export interface Announcer {
  readonly jobId: string | undefined;
  /**
   * Announces the next files and hands each answer out; waits as long as a busy server asks. What is too much at once goes
   * in halves. Tells, by position in `files`, what waiting cannot mend.
   */
  announce(files: readonly JobFile[]): Promise<Announced[]>;
}

/** Is what came of announcing one file. */
export type Announced = { answer: JobFileAnswer } | { failure: ApiFailure };

/** Makes the announcer of one drop of so many files; `onWait` is told when, for how many seconds, and why it waits. */
export function createAnnouncer(
  eventId: string,
  total: number,
  onWait: (seconds: number, trouble: Trouble) => void,
): Announcer {
  const url = `/api/events/${eventId}/jobs`;
  const id = uuid();
  let jobId: string | undefined;
  let first = 0;
  let usedUp: ApiFailure | undefined;

  async function post(files: readonly JobFile[]): Promise<Announced[]> {
    // An answer may be lost on its way: the same id and position make the request, made again, the same one.
    const answer =
      first === 0
        ? call('POST', url, { job_id: id, files, total })
        : call('POST', `${url}/${id}/files`, { files, first });
    const announced = JobAnnounced.parse(await answer);
    jobId = announced.job_id;
    first += files.length;
    return announced.files.map((file) => ({ answer: file }));
  }
  async function announce(files: readonly JobFile[]): Promise<Announced[]> {
    if (usedUp !== undefined) return refuse(files, usedUp);
    try {
      return await patiently(() => post(files), files.length > 1, onWait);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      if (files.length > 1 && isTooMuch(error)) {
        const half = Math.ceil(files.length / 2);
        return [...(await announce(files.slice(0, half))), ...(await announce(files.slice(half)))];
      }
      // Nobody asks a thousand times for what a quota has refused once.
      if (error.code === 'quota_exceeded') usedUp = error;
      return refuse(files, error);
    }
  }
  return {
    get jobId() {
      return jobId;
    },
    announce,
  };
}

// Over plain http browsers have no randomUUID.
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function refuse(files: readonly JobFile[], failure: ApiFailure): Announced[] {
  return files.map(() => ({ failure }));
}

function isTooMuch({ status, code }: ApiFailure): boolean {
  return status === 429 || code === 'quota_exceeded';
}

async function patiently<T>(
  work: () => Promise<T>,
  divisible: boolean,
  onWait: (seconds: number, trouble: Trouble) => void,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined || !passes(trouble) || (divisible && trouble.status === 429)) throw error;
      // A connection that blinked is back in a moment, before one that is away is waited for.
      const blinked = trouble.status === undefined && tries < mostBlinks;
      const seconds = blinked ? 2 ** tries : secondsToWait(trouble, Date.now(), Math.random());
      onWait(seconds, trouble);
      await pause(seconds);
    }
  }
}

async function pause(seconds: number): Promise<void> {
  const over = new AbortController();
  await new Promise<void>((resolve) => {
    setTimeout(resolve, seconds * 1_000);
    globalThis.addEventListener?.('online', () => resolve(), { signal: over.signal });
  });
  over.abort();
}

// A TypeError of fetch is a lost connection; anything else that is no answer is a mistake of ours.
function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof ApiFailure) return { status: error.status, code: error.code, retryAfter: error.retryAfter };
  return error instanceof TypeError ? { status: undefined, retryAfter: null } : undefined;
}
