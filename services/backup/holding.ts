import type { CopyStore, Hold } from '#internal/backups/copies.ts';

/** Works on a copy that is held, renewing its lease; the signal of the work ends with `signal` and when the lease is lost. */
export async function holding<T>(
  copies: Pick<CopyStore, 'renew' | 'leaseSeconds'>,
  hold: Hold,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const leaseMs = copies.leaseSeconds * 1_000;
  let renewedAt = performance.now();
  const renew = async () => {
    const isOurs = await copies.renew(hold).catch(() => performance.now() - renewedAt < leaseMs);
    if (isOurs) renewedAt = performance.now();
    else lost.abort();
  };
  const timer = setInterval(renew, leaseMs / 3);
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
  }
}
