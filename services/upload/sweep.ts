import { Fault } from '#internal/fault/fault.ts';
import { type Context, pause } from '#internal/process/context.ts';
import type { Neglected, NeglectedUploads } from '#internal/uploads/neglected.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { type FinishDeps, recover } from './finish.ts';
import type { Leases } from './lease.ts';
import { discard } from './send.ts';

/** Is what the sweeper needs. */
export interface SweepDeps extends FinishDeps {
  leases: Leases;
  neglected: NeglectedUploads;
  /** Is told what a look came to. */
  onSwept: (swept: Swept) => void;
}

/** Counts what one look did. */
export interface Swept {
  stored: number;
  expired: number;
  discarded: number;
  forgotten: number;
}

/** Sets how often the sweeper looks, and how long an upload must have been idle; in seconds. */
export interface SweepOptions {
  everySeconds: number;
  idleSeconds: number;
}

const mostAtOnce = 200;

/** Takes care of neglected uploads until ctx is cancelled; any number of replicas may sweep. */
export async function sweep(ctx: Context, deps: SweepDeps, options: SweepOptions): Promise<void> {
  while (!ctx.cancelled) {
    await sweepOnce(ctx, deps, options.idleSeconds)
      .then(deps.onSwept)
      .catch((err) => deps.log.warn({ err }, 'sweep failed'));
    await pause(ctx, options.everySeconds * 1_000 * (0.75 + Math.random() / 2));
  }
}

/** Looks once: finishes what is complete, ends what has expired, removes what ended uploads left, forgets old rows. */
export async function sweepOnce(ctx: Context, deps: SweepDeps, idleSeconds: number): Promise<Swept> {
  const { neglected } = deps;
  return {
    stored: await each(ctx, deps, await neglected.unfinished(idleSeconds, mostAtOnce), finishNeglected),
    expired: await each(ctx, deps, await neglected.expired(mostAtOnce), expire),
    discarded: await discardLeftovers(ctx, deps),
    forgotten: await neglected.forget(1_000),
  };
}

async function each(
  ctx: Context,
  deps: SweepDeps,
  uploads: readonly Neglected[],
  work: (deps: SweepDeps, upload: Upload) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  for (const upload of uploads) {
    if (ctx.cancelled) return done;
    if (await leased(ctx, deps, upload, work)) done += 1;
  }
  return done;
}

async function leased(
  ctx: Context,
  deps: SweepDeps,
  { eventId, photoId }: Neglected,
  work: (deps: SweepDeps, upload: Upload) => Promise<boolean>,
): Promise<boolean> {
  const id = `${eventId}/${photoId}`;
  try {
    const lease = await deps.leases.acquire(id, ctx.signal, () => {});
    // Only what was acquired: another request's lease on the same upload is not ours to release.
    return await work(deps, lease.upload).finally(() => deps.leases.release(id));
  } catch (err) {
    if (!(err instanceof Fault)) throw err;
    deps.log.info({ err, photo_id: photoId, event_id: eventId }, 'upload not settled by the sweeper');
    return false;
  }
}

async function finishNeglected(deps: SweepDeps, upload: Upload): Promise<boolean> {
  return (await recover(deps, upload)) !== undefined;
}

// Bytes that are there after all are a photo, however late.
async function expire(deps: SweepDeps, upload: Upload): Promise<boolean> {
  if (upload.state !== 'open' || (await recover(deps, upload)) !== undefined) return false;
  const ended = await deps.uploads.settle(upload, 'expired', 'upload_expired');
  if (ended) deps.log.info({ photo_id: upload.photoId, event_id: upload.eventId }, 'upload expired');
  return ended;
}

async function discardLeftovers(ctx: Context, deps: SweepDeps): Promise<number> {
  let done = 0;
  for (const upload of await deps.neglected.leftovers(mostAtOnce)) {
    if (ctx.cancelled) return done;
    try {
      await discard(deps.objects, upload);
      await deps.neglected.cleared(upload);
      done += 1;
    } catch (err) {
      deps.log.info({ err, photo_id: upload.photoId, event_id: upload.eventId }, 'leftovers not removed');
    }
  }
  return done;
}
