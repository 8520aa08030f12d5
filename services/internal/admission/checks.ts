import { statfs } from 'node:fs/promises';
import type { Database } from '../database/database.ts';
import type { TroubleCheck } from './trouble.ts';

/** Is the free share of a disk that must come back on top before new uploads begin again, in percent. */
const diskMarginPercent = 2;

/** Finds the database in trouble when it does not answer, or slowly; a pool that is used up answers slowly. */
export function databaseCheck(database: Pick<Database, 'probe'>, slowMs: number): TroubleCheck {
  return async () => {
    const startedAt = performance.now();
    const problem = await database.probe();
    return problem !== undefined || performance.now() - startedAt > slowMs;
  };
}

/** Finds the bucket in trouble when half of the latest calls failed, or it does not answer now. */
export function bucketCheck(
  bucket: { probe(): Promise<string | undefined> },
  calls: { failing(): boolean },
): TroubleCheck {
  return async () => calls.failing() || (await bucket.probe()) !== undefined;
}

/** Finds the disk of a folder in trouble when less than a share of it is free, in percent. */
export function diskCheck(folder: string, leastPercent: number): TroubleCheck {
  return async (untilNow) => {
    const { bavail, blocks } = await statfs(folder);
    const least = untilNow ? leastPercent + diskMarginPercent : leastPercent;
    return (bavail / Math.max(1, blocks)) * 100 < least;
  };
}

/** Finds the queue in trouble when live photos wait for their pictures longer than some minutes. */
export function queueCheck(database: Pick<Database, 'query'>, mostMinutes: number): TroubleCheck {
  return async () => (await waitedSeconds(database)) > mostMinutes * 60;
}

// Who waits for the relay, and who waits for a worker: of the oldest messages some are being worked on at this moment.
async function waitedSeconds(database: Pick<Database, 'query'>): Promise<number> {
  const [row] = await database.query<{ seconds: number | null }>(
    `select extract(epoch from now() - least(
       (select next_attempt_at from stages where state = 'due' and lane = 'live' order by next_attempt_at limit 1),
       (select min(updated_at) from (
          select updated_at from stages where state = 'queued' and stage = 'thumbnail' and lane = 'live' order by work_seq limit 64
        ) oldest)
     ))::float8 as seconds`,
  );
  return row?.seconds ?? 0;
}
