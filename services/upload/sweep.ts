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
  const swept: Swept = { stored: 0, expired: 0, discarded: 0, forgotten: 0 };
  await each(ctx, deps, swept, await neglected.unfinished(idleSeconds, mostAtOnce), ({ isNew }) =>
    isNew ? finishLeft : finishNeglected,
  );
  await each(ctx, deps, swept, await neglected.expired(mostAtOnce), () => expire);
  swept.discarded = await discardLeftovers(ctx, deps);
  swept.forgotten = await neglected.forget(1_000);
  return swept;
}

type Work = (deps: SweepDeps, upload: Upload) => Promise<keyof Swept | undefined>;

async function each<One extends Neglected>(
  ctx: Context,
  deps: SweepDeps,
  swept: Swept,
  uploads: readonly One[],
  workOf: (one: One) => Work,
) {
  for (const upload of uploads) {
    if (ctx.cancelled) return;
    const how = await leased(ctx, deps, upload, workOf(upload));
    if (how !== undefined) swept[how] += 1;
  }
}

async function leased(ctx: Context, deps: SweepDeps, { eventId, photoId }: Neglected, work: Work) {
  const id = `${eventId}/${photoId}`;
  try {
    const lease = await deps.leases.acquire(id, ctx.signal, () => {});
    // Only what was acquired: another request's lease on the same upload is not ours to release.
    return await work(deps, lease.upload).finally(() => deps.leases.release(id));
  } catch (err) {
    // One that nobody can settle must not keep the sweeper from the others.
    const level = err instanceof Fault ? 'info' : 'error';
    deps.log[level]({ err, photo_id: photoId, event_id: eventId }, 'upload not settled by the sweeper');
    return undefined;
  }
}

// Whole, left by its client and not to be stored: that counts, whatever later looks come to.
function finishLeft(deps: SweepDeps, upload: Upload): Promise<'stored' | undefined> {
  const onFailed = () => {
    deps.onFailed?.();
    deps.onEnded?.('failed');
  };
  return finishNeglected({ ...deps, onFailed }, upload);
}

async function finishNeglected(deps: SweepDeps, upload: Upload): Promise<'stored' | undefined> {
  try {
    return (await recover(deps, upload)) === undefined ? undefined : 'stored';
  } catch (error) {
    // What the provider has given up comes never: its quota is free again, its client has to start over.
    const isGone = error instanceof Fault && error.code === 'upload_gone';
    if (isGone && (await deps.uploads.settle(upload, 'gone', error.code))) deps.onEnded?.('gone');
    throw error;
  }
}

// Bytes that are there after all are a photo, however late.
async function expire(deps: SweepDeps, upload: Upload): Promise<'stored' | 'expired' | undefined> {
  if (upload.state !== 'open') return undefined;
  const stored = await finishNeglected(deps, upload);
  if (stored !== undefined) return stored;
  if (!(await deps.uploads.settle(upload, 'expired', 'upload_expired'))) return undefined;
  if (upload.firstByteAt !== null) deps.onEnded?.('failed');
  deps.log.info({ photo_id: upload.photoId, event_id: upload.eventId }, 'upload expired');
  return 'expired';
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
