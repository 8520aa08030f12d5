import { Counter, Gauge, Histogram, type Registry, secondsBuckets } from '#internal/metrics/metrics.ts';
import type { Pauses } from './pauses.ts';
import type { BackupDeps } from './stage.ts';

/** Counts copies, their bytes and those that were lost, measures how long one takes, and shows who is left alone. */
export function backupMetrics(metrics: Registry, pauses: Pauses): Pick<BackupDeps, 'onCopied' | 'onLost'> {
  const common = { labelNames: ['provider'], registers: [metrics] };
  const bytes = new Counter({
    name: 'kilat_backup_copied_bytes_total',
    help: 'Bytes of copies made and proved',
    ...common,
  });
  const seconds = new Histogram({
    name: 'kilat_backup_copy_seconds',
    help: 'From the first byte of a copy to its proof',
    buckets: secondsBuckets,
    ...common,
  });
  new Gauge({
    name: 'kilat_backup_pause_seconds',
    help: 'How long a provider is still left alone',
    ...common,
    collect() {
      this.reset();
      for (const { provider, pause } of pauses.list()) this.set({ provider }, pause.leftMs / 1_000);
    },
  });
  const lost = new Counter({
    name: 'kilat_backup_copies_lost_total',
    help: 'Copies that the daily sample found missing or damaged; they are made anew',
    labelNames: ['provider', 'found'],
    registers: [metrics],
  });
  return {
    onCopied(provider, size, took) {
      bytes.inc({ provider }, size);
      seconds.observe({ provider }, took);
    },
    onLost: (provider, found) => lost.inc({ provider, found }),
  };
}
