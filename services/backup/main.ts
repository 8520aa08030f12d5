/**
 * Target backup copies every stored photo to the places that its event wants, and proves each copy.
 *
 * It takes due backup work, streams the original to each provider and appends photo.backed_up when all have it. One replica
 * also follows deletions, re-reads a daily sample and writes the journal's heads. It keeps no state: scale it on lag.
 */
import { copyStore } from '#internal/backups/copies.ts';
import { onBus } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectsOptions } from '#internal/objects/settings.ts';
import type { Process } from '#internal/process/process.ts';
import { stageStore } from '#internal/stages/store.ts';
import { type Stage, work } from '#internal/stages/work.ts';
import { loadConfig } from './config.ts';
import { backupMetrics } from './metrics.ts';
import { notePauses } from './notepauses.ts';
import { createPauses } from './pauses.ts';
import { openProviders } from './providers/open.ts';
import { keepHouse } from './rounds.ts';
import { createStage } from './stage.ts';

/** Runs target backup until its context is cancelled and the photos in hand are done. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { ctx, log } = proc;
  const meter = meterOf(proc.metrics, 'backup');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  await using objects = openObjects(objectsOptions(config), meter);
  await using opened = openProviders(config.providers);
  proc.probe('database', () => database.probe());
  const pauses = createPauses(Date.now, notePauses(database, log));
  const [copies, { providers }] = [copyStore(database, config.WORK_ACK_WAIT_SECONDS), opened];
  const heard = backupMetrics(proc.metrics, pauses);
  const options = { url: config.NATS_URL, ackWaitSeconds: config.WORK_ACK_WAIT_SECONDS, log };
  proc.ready();
  await onBus(ctx, options, async (bus) => {
    const journal = createJournal(database, () => bus.wake());
    const stages = stageStore(database);
    const deps = { database, journal, objects, copies, stages, providers, pauses, log, ...heard };
    const stage: Stage = {
      ...{ name: 'backup', concurrency: config.BACKUP_CONCURRENCY, timeoutMs: config.BACKUP_TIMEOUT_SECONDS * 1_000 },
      ...createStage({ ...deps, idleMs: config.BACKUP_IDLE_SECONDS * 1_000 }),
    };
    await Promise.all([work(ctx, { bus, stages, stage, log, meter }), keepHouse(ctx, deps, config)]);
  });
}
