import { Fault } from '#internal/fault/fault.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { type FinishDeps, recover } from './finish.ts';
import type { Leases } from './lease.ts';

/** Sets how often the sweeper looks, and how long an upload must have been idle; in seconds. */
export interface SweepOptions {
  everySeconds: number;
  idleSeconds: number;
}

/** Finishes uploads whose finish step was cut off, until ctx is cancelled; any number of replicas may sweep. */
export async function sweep(ctx: Context, deps: FinishDeps & { leases: Leases }, options: SweepOptions): Promise<void> {
  while (!ctx.cancelled) {
    await sweepOnce(ctx, deps, options.idleSeconds).catch((err) => deps.log.warn({ err }, 'sweep failed'));
    await pause(ctx, options.everySeconds * 1_000 * (0.75 + Math.random() / 2));
  }
}

/** Looks once at the uploads that nobody writes; returns how many became stored. */
export async function sweepOnce(
  ctx: Context,
  deps: FinishDeps & { leases: Leases },
  idleSeconds: number,
): Promise<number> {
  let stored = 0;
  for (const { eventId, photoId } of await deps.uploads.abandoned(idleSeconds, 200)) {
    if (ctx.cancelled) return stored;
    if (await finishAbandoned(ctx, deps, `${eventId}/${photoId}`)) stored += 1;
  }
  return stored;
}

async function finishAbandoned(ctx: Context, deps: FinishDeps & { leases: Leases }, id: string): Promise<boolean> {
  try {
    const lease = await deps.leases.acquire(id, ctx.signal, () => {});
    // Only what was acquired: another request's lease on the same upload is not ours to release.
    return await recover(deps, lease.upload)
      .then((upload) => upload !== undefined)
      .finally(() => deps.leases.release(id));
  } catch (err) {
    if (!(err instanceof Fault)) throw err;
    deps.log.info({ err, upload_id: id }, 'upload not finished by the sweeper');
    return false;
  }
}
