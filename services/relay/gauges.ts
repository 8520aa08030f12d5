import { FailureClass, Lane, StageName, streams, workDurables } from '@kilat/contract';
import type { Bus } from '#internal/bus/bus.ts';
import type { Database } from '#internal/database/database.ts';
import type { Logger } from '#internal/log/log.ts';
import { Gauge, type Registry } from '#internal/metrics/metrics.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { readDepths, readFailureDepths } from '#internal/stages/depth.ts';

const everyMs = 5_000;
const againMs = 1_000;

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
    depth: gauge('stage_depth', 'Work that is due, or queued for its target', ['stage', 'lane', 'state']),
    oldest: gauge('stage_oldest_due_seconds', 'How long the oldest work has been due', ['stage', 'lane']),
    failures: gauge('stage_failures', 'Failures that nobody has retried or set aside', ['stage', 'class']),
    lag: gauge('consumer_lag', 'Messages that a durable has not acked, as autoscalers count', ['stream', 'consumer']),
    measured: gauge('measured_timestamp_seconds', 'When these figures were read', []),
  };
}

/** Measures every 5 s while this replica leads; then its figures go, so that no two replicas tell of the same work. */
export async function measure(term: Context, deps: MeasureDeps): Promise<void> {
  while (!term.cancelled) {
    await pause(term, (await measured(term, deps)) ? everyMs : againMs);
  }
  for (const gauge of Object.values(deps.gauges)) gauge.reset();
}

async function measured(term: Context, deps: MeasureDeps): Promise<boolean> {
  try {
    await measureOnce(deps);
    return true;
  } catch (err) {
    // Who has just begun to lead may be before its own declaration of the durables.
    if (!term.cancelled) deps.log.warn({ err }, 'depths not measured');
    return false;
  }
}

async function measureOnce({ database, bus, gauges }: MeasureDeps): Promise<void> {
  const depths = await readDepths(database);
  for (const stage of StageName.options)
    for (const lane of Lane.options) {
      const found = depths.find((depth) => depth.stage === stage && depth.lane === lane);
      gauges.depth.set({ stage, lane, state: 'due' }, found?.due ?? 0);
      gauges.depth.set({ stage, lane, state: 'queued' }, found?.queued ?? 0);
      gauges.oldest.set({ stage, lane }, found?.oldestSeconds ?? 0);
    }
  const failures = await readFailureDepths(database);
  for (const stage of StageName.options)
    for (const name of FailureClass.options) {
      const found = failures.find((one) => one.stage === stage && one.class === name);
      gauges.failures.set({ stage, class: name }, found?.count ?? 0);
    }
  for (const { stage, lane, name } of workDurables)
    gauges.lag.set({ stream: streams.work, consumer: name }, (await bus.lag(stage, lane)).unacked);
  gauges.measured.set(Date.now() / 1_000);
}
