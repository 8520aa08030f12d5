/**
 * Target thumbnail renders every stored photo.
 *
 * It takes due thumbnail work, writes renditions beside the original and appends photo.previewed and photo.rendered to
 * the journal. It keeps no state: scale it on consumer lag.
 */
import { availableParallelism } from 'node:os';
import { onBus } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { Histogram, secondsBuckets } from '#internal/metrics/metrics.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectsOptions } from '#internal/objects/settings.ts';
import type { Process } from '#internal/process/process.ts';
import { reconciledCounter } from '#internal/recovery/metrics.ts';
import { stageStore } from '#internal/stages/store.ts';
import { work } from '#internal/stages/work.ts';
import { loadConfig } from './config.ts';
import { createDecoders } from './decoder/pool.ts';
import { clearDesks } from './desk.ts';
import { createThumbnailer } from './thumbnailer.ts';

/** Runs target thumbnail until its context is cancelled and the photos in hand are done. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { ctx, log } = proc;
  const meter = meterOf(proc.metrics, 'thumbnail');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  await using objects = openObjects(objectsOptions(config), meter);
  proc.probe('database', () => database.probe());
  const [onRendered, count] = [renderedMetrics(proc), reconciledCounter(proc.metrics)];
  await clearDesks(config.THUMBNAIL_FOLDER);
  await using decoders = createDecoders(
    { timeoutMs: config.THUMBNAIL_DECODE_SECONDS * 1_000, memoryBytes: config.THUMBNAIL_DECODE_MIB * 1024 * 1024 },
    log,
  );
  const concurrency = config.THUMBNAIL_CONCURRENCY || Math.min(4, availableParallelism());
  const options = { url: config.NATS_URL, ackWaitSeconds: config.WORK_ACK_WAIT_SECONDS, log };
  proc.ready();
  await onBus(ctx, options, async (bus) => {
    const journal = createJournal(database, () => bus.wake());
    const thumbnailer = createThumbnailer({
      ...{ database, journal, objects, decoders, log, onRendered, onMissing: () => count('missing', 1) },
      ...{ folder: config.THUMBNAIL_FOLDER, tiff: config.TAKE_TIFF, xlarge: config.THUMBNAIL_XLARGE },
    });
    const timeoutMs = config.THUMBNAIL_TIMEOUT_SECONDS * 1_000;
    const stage = { name: 'thumbnail', concurrency, timeoutMs, ...thumbnailer } as const;
    await work(ctx, { bus, stages: stageStore(database), stage, log, meter });
  });
}

function renderedMetrics(proc: Process) {
  const common = { buckets: secondsBuckets, registers: [proc.metrics] };
  const render = new Histogram({
    name: 'kilat_thumbnail_render_seconds',
    help: 'From the claim of a photo to its last rendition',
    ...common,
  });
  const wait = new Histogram({
    name: 'kilat_thumbnail_stored_to_rendered_seconds',
    help: 'From a photo being stored to being rendered',
    ...common,
  });
  return (seconds: number, storedAt: Date) => {
    render.observe(seconds);
    wait.observe(Math.max(0, Date.now() - storedAt.getTime()) / 1_000);
  };
}
