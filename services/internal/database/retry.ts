import pRetry from 'p-retry';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import { type Fate, fateOf } from './transient.ts';

/** Is what is safe to do again: what was certainly not done. */
export type Fates = readonly Fate[];

/** What never began, and what the server itself rolled back, may be done again whatever it was. */
export const undone: Fates = ['refused', 'rolled_back'];
/** What only reads, or has not come to its commit, may be done again when its connection is lost too. */
export const uncommitted: Fates = ['refused', 'rolled_back', 'lost'];

// About 50, 200 and 800 ms, and up to as much again: those who met in a deadlock do not meet once more.
const backoff = { retries: 3, minTimeout: 50, factor: 4, randomize: true };

/** Runs work again, at most 3 times, while it fails for a while in a way that `again` calls safe. */
export function retried<T>(log: Logger, work: () => Promise<T>, again: () => Fates): Promise<T> {
  return pRetry(work, {
    ...backoff,
    shouldRetry: ({ error, retriesLeft }) => {
      const fate = error instanceof Fault ? undefined : fateOf(error);
      const retry = fate !== undefined && again().includes(fate);
      if (retry && retriesLeft > 0) log.info({ err: error, fate }, 'database work is tried again');
      return retry;
    },
  });
}
