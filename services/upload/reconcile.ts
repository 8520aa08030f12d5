import { tryLead } from '#internal/database/leader.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { type ReconcileDeps, type Reconciled, reconcileDue } from '#internal/recovery/reconcile.ts';

/** Sets how often bucket and database are compared, and how old an original without a photo is before it counts. */
export interface ReconcileOptions {
  databaseUrl: string;
  everySeconds: number;
  orphanHours: number;
  onReconciled: (reconciled: Reconciled) => void;
}

// Any constant does, as long as every replica takes the same lock.
const reconcileLock = 7_304_115_003;
// The database remembers whose turn it is: a replica that starts anew puts nothing off.
const lookSeconds = 300;

/** Compares the events whose turn it is, in one replica at a time, until ctx is cancelled. */
export async function reconcile(ctx: Context, deps: ReconcileDeps, options: ReconcileOptions): Promise<void> {
  while (!ctx.cancelled) {
    await pause(ctx, Math.min(options.everySeconds, lookSeconds) * 1_000 * (0.9 + Math.random() / 5));
    if (!ctx.cancelled) await once(ctx, deps, options).catch((err) => deps.log.warn({ err }, 'bucket not compared'));
  }
}

async function once(ctx: Context, deps: ReconcileDeps, options: ReconcileOptions): Promise<void> {
  await using leadership = await tryLead(options.databaseUrl, reconcileLock);
  if (leadership === undefined) return;
  await reconcileDue(ctx, deps, options, options.onReconciled);
}
