import { durables, FailureClass, Lane, StageName } from '@kilat/contract';
import type { Bus } from '#internal/bus/bus.ts';
import type { Database } from '#internal/database/database.ts';
import type { Logger } from '#internal/log/log.ts';
import { Gauge, type Registry } from '#internal/metrics/metrics.ts';
import { readOwed } from '#internal/notifications/depth.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { type Depth, type FailureDepth, readDepths, readFailureDepths } from '#internal/stages/depth.ts';
import { readUnpublished } from './publish.ts';

const againMs = 1_000;
// A flood of work costs no more than this part of a connection's time.
const share = 50;
// Figures a minute old mean that nobody leads: one slow look must not say so.
const longestMs = 30_000;

/** Is what measuring needs. */
export interface MeasureDeps {
  database: Database;
  bus: Bus;
  log: Logger;
  gauges: Gauges;
}

/** Holds what waits and what failed, by stage; the replica that leads fills them, all others have none. */
export type Gauges = ReturnType<typeof createGauges>;

/** Registers the gauges; their labels are stages, lanes, classes and durables, of which there are few. */
export function createGauges(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name: `kilat_relay_${name}`, help, labelNames, registers: [registry] });
  return {
    unpublished: gauge('unpublished_oldest_seconds', 'How long the oldest entry has waited to be published', []),
    depth: gauge('stage_depth', 'Work that is due, or queued for its target', ['stage', 'lane', 'state']),
    oldest: gauge('stage_oldest_due_seconds', 'How long the oldest work has been due', ['stage', 'lane']),
    failures: gauge('stage_failures', 'Failures that nobody has retried or set aside', ['stage', 'class']),
    owed: gauge('notifications_due', 'Notifications that are due and not sent', ['channel']),
    oldestOwed: gauge('notifications_oldest_due_seconds', 'How long the oldest of them has been due', ['channel']),
    lag: gauge('consumer_lag', 'Messages that a durable has not acked, as autoscalers count', ['stream', 'consumer']),
    measured: gauge('measured_timestamp_seconds', 'When these figures were read', []),
  };
}

/** Measures again and again while this replica leads. */
export async function measure(term: Context, deps: MeasureDeps, everySeconds: number): Promise<void> {
  while (!term.cancelled) {
    try {
      await pause(term, restMs(everySeconds, await measureOnce(term, deps)));
    } catch (err) {
      // Who has just begun to lead may be before its own declaration of the durables.
      if (!term.cancelled) deps.log.warn({ err }, 'depths not measured');
      await pause(term, againMs);
    }
  }
}

/** Gives the milliseconds until the next look after one that took so many: a share of the time, at most half a minute. */
export function restMs(everySeconds: number, tookMs: number): number {
  return Math.min(longestMs, Math.max(everySeconds * 1_000, share * tookMs));
}

/** Takes the figures back: no two replicas tell of the same work. */
export function forget(gauges: Gauges): void {
  for (const gauge of Object.values(gauges)) gauge.reset();
}

/** Measures once; answers how many milliseconds of the database that took. */
async function measureOnce(term: Context, { database, bus, gauges }: MeasureDeps): Promise<number> {
  const startedAt = performance.now();
  const unpublished = await readUnpublished({ database });
  // Before the bus is asked: that it does not answer may be why entries wait.
  if (!term.cancelled) gauges.unpublished.set(unpublished);
  const [depths, failures] = [await readDepths(database), await readFailureDepths(database)];
  const owed = await readOwed(database);
  const tookMs = performance.now() - startedAt;
  const lags = await Promise.all(durables.map((durable) => bus.lag(durable)));
  if (term.cancelled) return tookMs; // another leads by now, and tells
  for (const stage of StageName.options) {
    setDepths(gauges, stage, depths);
    setFailures(gauges, stage, failures);
  }
  for (const { channel, due, oldestSeconds } of owed) {
    gauges.owed.set({ channel }, due);
    gauges.oldestOwed.set({ channel }, oldestSeconds);
  }
  for (const [n, { stream, name }] of durables.entries())
    gauges.lag.set({ stream, consumer: name }, lags[n]?.unacked ?? 0);
  gauges.measured.set(Date.now() / 1_000);
  return tookMs;
}

// What there is none of is told too: a series that comes and goes cannot be compared with what it was.
function setDepths({ depth, oldest }: Gauges, stage: StageName, depths: readonly Depth[]): void {
  for (const lane of Lane.options) {
    const found = depths.find((one) => one.stage === stage && one.lane === lane);
    depth.set({ stage, lane, state: 'due' }, found?.due ?? 0);
    depth.set({ stage, lane, state: 'queued' }, found?.queued ?? 0);
    oldest.set({ stage, lane }, found?.oldestSeconds ?? 0);
  }
}

function setFailures(gauges: Gauges, stage: StageName, failures: readonly FailureDepth[]): void {
  for (const failureClass of FailureClass.options) {
    const found = failures.find((one) => one.stage === stage && one.class === failureClass);
    gauges.failures.set({ stage, class: failureClass }, found?.count ?? 0);
  }
}
