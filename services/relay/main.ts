/**
 * Target relay publishes what Postgres holds to JetStream: journal entries, and stages that are due.
 *
 * One replica leads by an advisory lock, the others wait for it. Who leads also measures what waits and what failed.
 */
import { onBus } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { type Leadership, tryLead } from '#internal/database/leader.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { Histogram, secondsBuckets } from '#internal/metrics/metrics.ts';
import { type Context, contextOf, pause } from '#internal/process/context.ts';
import type { Process } from '#internal/process/process.ts';
import { loadConfig } from './config.ts';
import { type DueDeps, publishDue, recoverLost } from './due.ts';
import { createGauges, forget, type MeasureDeps, measure } from './gauges.ts';
import { type PublishDeps, publishEntries } from './publish.ts';

type LeadDeps = PublishDeps & DueDeps & MeasureDeps;

// Any constant does, as long as every replica takes the same lock.
const relayLock = 7_304_115_002;

/** Runs target relay until its context is cancelled. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  const meter = meterOf(proc.metrics, 'relay');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  proc.probe('database', () => database.probe());
  const [onPublished, gauges] = [delayMetric(proc), createGauges(proc.metrics)];
  const options = { url: config.NATS_URL, ackWaitSeconds: config.WORK_ACK_WAIT_SECONDS, log };
  proc.ready();
  await onBus(proc.ctx, options, (bus) => candidate(proc.ctx, { database, bus, log, onPublished, gauges }, config));
}

function delayMetric(proc: Process): PublishDeps['onPublished'] {
  const delay = new Histogram({
    name: 'kilat_relay_publish_delay_seconds',
    help: 'From the commit of an entry to its acknowledgement by JetStream',
    buckets: secondsBuckets,
    registers: [proc.metrics],
  });
  return ({ recorded_at }) => delay.observe(Math.max(0, Date.now() - Date.parse(recorded_at)) / 1_000);
}

async function candidate(ctx: Context, deps: LeadDeps, config: ReturnType<typeof loadConfig>): Promise<void> {
  while (!ctx.cancelled) {
    await using leadership = await tryLead(config.DATABASE_URL, relayLock).catch((err) => {
      deps.log.warn({ err }, 'leadership not tried');
      return undefined;
    });
    if (leadership !== undefined) await lead(ctx, leadership, deps, config);
    else await pause(ctx, 1_000);
  }
}

async function lead(
  ctx: Context,
  leadership: Leadership,
  deps: LeadDeps,
  options: ReturnType<typeof loadConfig>,
): Promise<void> {
  const over = new AbortController();
  void leadership.lost.then(() => over.abort());
  const term = contextOf(AbortSignal.any([ctx.signal, over.signal]));
  const bell = createBell();
  const sleep = deps.bus.onWake(bell.ring);
  deps.log.info('leading');
  // Not waited for: whoever lost the lead to a restart of the database wants it back at once.
  void measure(term, deps, options.RELAY_MEASURE_SECONDS);
  let [declared, checkedAt] = [false, 0];
  while (!term.cancelled) {
    try {
      if (!declared) await deps.bus.declare(options.NATS_STREAM_REPLICAS);
      declared = true;
      const published = (await publishEntries(deps)) + (await publishDue(deps));
      if (Date.now() - checkedAt > options.RELAY_LOST_CHECK_SECONDS * 1_000) {
        await recoverLost(deps);
        checkedAt = Date.now();
      }
      if (published === 0) await bell.wait(term, options.RELAY_POLL_MS);
    } catch (err) {
      // The bus may have lost its streams: they are declared again before the next try.
      declared = false;
      if (!term.cancelled) deps.log.warn({ err }, 'relay waits');
      await pause(term, 500);
    }
  }
  sleep();
  forget(deps.gauges);
}

/** Makes a bell: a wait ends when it rings, rang since the last wait, or time is up. */
function createBell() {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async wait(ctx: Context, ms: number): Promise<void> {
      await Promise.race([rung.promise, pause(ctx, ms)]);
      rung = Promise.withResolvers<void>();
    },
  };
}
