import { tryLead } from '#internal/database/leader.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { type ReconcileDeps, type Reconciled, reconcileEvent } from '#internal/recovery/reconcile.ts';

/** Sets how often bucket and database are compared, and how old an original without a photo is before it counts. */
export interface ReconcileOptions {
  databaseUrl: string;
  everySeconds: number;
  orphanHours: number;
  onReconciled: (reconciled: Reconciled) => void;
}

// Any constant does, as long as every replica takes the same lock.
const reconcileLock = 7_304_115_003;

/** Compares event after event, in one replica at a time, until ctx is cancelled. */
export async function reconcile(ctx: Context, deps: ReconcileDeps, options: ReconcileOptions): Promise<void> {
  while (!ctx.cancelled) {
    await pause(ctx, options.everySeconds * 1_000 * (0.9 + Math.random() / 5));
    if (!ctx.cancelled) await once(ctx, deps, options).catch((err) => deps.log.warn({ err }, 'bucket not compared'));
  }
}

async function once(ctx: Context, deps: ReconcileDeps, options: ReconcileOptions): Promise<void> {
  await using leadership = await tryLead(options.databaseUrl, reconcileLock);
  if (leadership === undefined) return;
  const events = await deps.database.query<{ eventId: string }>(
    'select event_id as "eventId" from heads order by event_id',
  );
  for (const { eventId } of events) {
    if (ctx.cancelled) return;
    options.onReconciled(await reconcileEvent(deps, eventId, options.orphanHours));
  }
}
