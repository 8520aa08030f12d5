import { backfillEvent, readBackedEvents } from '#internal/backups/backfill.ts';
import { announceProviders } from '#internal/backups/plan.ts';
import { type Leadership, tryLead } from '#internal/database/leader.ts';
import { type Context, contextOf, pause } from '#internal/process/context.ts';
import type { loadConfig } from './config.ts';
import { writeHeads } from './heads.ts';
import { removeDue } from './remove.ts';
import { createSampler } from './sample.ts';
import type { BackupDeps } from './stage.ts';

/** Is what the rounds need. */
export type HouseDeps = Omit<BackupDeps, 'onCopied' | 'idleMs' | 'stages' | 'objects'>;
type Config = Pick<
  ReturnType<typeof loadConfig>,
  'DATABASE_URL' | 'BACKUP_ROUND_SECONDS' | 'BACKUP_SAMPLE_DAILY' | 'BACKUP_KEEP_DAYS' | 'defaults'
>;

// Any constant does, as long as every replica takes the same lock.
const backupLock = 7_304_115_006;
const backfillEveryMs = 3_600_000;

/** Does until ctx is cancelled what one replica does for all: deletions, heads, samples and photos of before. */
export async function keepHouse(ctx: Context, deps: HouseDeps, config: Config): Promise<void> {
  while (!ctx.cancelled) {
    try {
      await announceProviders(deps.database, [...deps.providers.keys()], config.defaults);
      await using leadership = await tryLead(config.DATABASE_URL, backupLock);
      if (leadership !== undefined) await lead(ctx, leadership, deps, config);
    } catch (err) {
      if (!ctx.cancelled) deps.log.warn({ err }, 'backup rounds wait');
    }
    await pause(ctx, 2_000);
  }
}

async function lead(ctx: Context, leadership: Leadership, deps: HouseDeps, config: Config): Promise<void> {
  const over = new AbortController();
  void leadership.lost.then(() => over.abort());
  const term = contextOf(AbortSignal.any([ctx.signal, over.signal]));
  const chores = choresOf(term, deps, config);
  while (!term.cancelled) {
    for (const [name, chore] of Object.entries(chores)) {
      // One that cannot be done keeps no other from its turn.
      if (!term.cancelled) await chore().catch((err) => deps.log.warn({ err, chore: name }, 'backup chore not done'));
    }
    await pause(term, config.BACKUP_ROUND_SECONDS * 1_000);
  }
}

function choresOf(term: Context, deps: HouseDeps, config: Config): Record<string, () => Promise<void>> {
  const sampler = createSampler(deps, config.BACKUP_SAMPLE_DAILY);
  let backfilledAt = Number.NEGATIVE_INFINITY;
  return {
    announce: () => announceProviders(deps.database, [...deps.providers.keys()], config.defaults),
    backfill: async () => {
      if (performance.now() - backfilledAt < backfillEveryMs) return;
      for (const eventId of await readBackedEvents(deps.database)) {
        if (term.cancelled) return;
        const count = await backfillEvent(deps.database, eventId);
        if (count > 0) deps.log.info({ event_id: eventId, count }, 'photos of before to be backed up');
      }
      backfilledAt = performance.now();
    },
    remove: () => removeDue(term, deps, config.BACKUP_KEEP_DAYS),
    heads: () => writeHeads(term, deps),
    sample: () => sampler.round(term),
  };
}
