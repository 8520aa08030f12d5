import { type CopyStore, type Hold, leaseSeconds } from '#internal/backups/copies.ts';

/** Works on a copy that is held, renewing its lease; the signal of the work ends with `signal` and when the lease is lost. */
export async function holding<T>(
  copies: Pick<CopyStore, 'renew'>,
  hold: Hold,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let renewedAt = performance.now();
  const renew = async () => {
    const isOurs = await copies.renew(hold).catch(() => performance.now() - renewedAt < leaseSeconds * 1_000);
    if (isOurs) renewedAt = performance.now();
    else lost.abort();
  };
  const timer = setInterval(renew, (leaseSeconds * 1_000) / 3);
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
  }
}
