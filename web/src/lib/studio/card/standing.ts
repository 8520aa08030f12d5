import type { CardFrame, CardReport } from '@kilat/contract';

/** Is how many files of a card are how sure; each step includes the ones after it. */
export interface Standing {
  total: number;
  stored: number;
  verified: number;
  backedUp: number;
  /** Are the files that are not here, or not as a photo, worst first. */
  missing: CardFrame[];
  /** Counts the files that were dropped with the others and never announced. */
  unannounced: number;
  /** Are here, and not verified: not yet, or because nobody sent a checksum. */
  unverified: CardFrame[];
}

const worstFirst: readonly CardFrame['state'][] = ['failed', 'missing', 'announced'];

/** Counts how a card stands. */
export function standingOf({ job, frames }: CardReport): Standing {
  const count = (...states: CardFrame['state'][]) => frames.filter(({ state }) => states.includes(state)).length;
  return {
    total: job.total,
    stored: count('stored', 'verified', 'backed_up'),
    verified: count('verified', 'backed_up'),
    backedUp: count('backed_up'),
    missing: worstFirst.flatMap((wanted) => frames.filter(({ state }) => state === wanted)),
    unannounced: Math.max(0, job.total - frames.length),
    unverified: frames.filter(({ state }) => state === 'stored'),
  };
}

/** Tells whether a file keeps its card from being formatted, whatever the backup says. */
export function isAmiss({ state }: CardFrame): boolean {
  return state !== 'verified' && state !== 'backed_up';
}
