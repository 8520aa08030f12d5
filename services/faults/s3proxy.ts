import type { Quota } from './fullness.ts';
import { type Fate, type FaultyProxy, startFaultyProxy } from './proxy.ts';

/** Says how a bucket misbehaves; shares are of all calls, from 0 to 1. */
export interface BucketFaults {
  /** Answers 503 or 500, half of them after the call took effect. */
  failing: number;
  /** Hangs for `hangMs`, then the connection breaks. */
  hanging: number;
  hangMs: number;
  /** Joining parts answers 500 after its effect, or 200 with an error in the body before any. */
  failingJoin: number;
}

/** Starts a bucket's proxy that misbehaves as told, by a seeded choice for each call. */
export function startBucketProxy(
  s3: string,
  faults: BucketFaults,
  random: () => number,
  quota: Quota = { isFull: false },
): Promise<FaultyProxy> {
  return startFaultyProxy(s3, (req): Fate => {
    if (quota.isFull && (req.method === 'PUT' || req.method === 'POST')) return { kind: 'refuse' };
    const roll = random();
    if (req.method === 'POST' && req.url?.includes('uploadId=') && roll < faults.failingJoin)
      return { kind: roll < faults.failingJoin / 2 ? 'lose-answer' : 'false-success' };
    if (roll < faults.failing) return { kind: roll < faults.failing / 2 ? 'refuse' : 'lose-answer' };
    if (roll < faults.failing + faults.hanging) return { kind: 'hang', ms: faults.hangMs };
    return { kind: 'pass' };
  });
}
