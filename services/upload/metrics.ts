import { Counter, Histogram, secondsBuckets } from '#internal/metrics/metrics.ts';
import type { Process } from '#internal/process/process.ts';
import type { Reconciled } from '#internal/recovery/reconcile.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import type { Swept } from './sweep.ts';

/** Makes what counts what comparing bucket and database found. */
export function reconciledMetrics(proc: Process) {
  const counter = new Counter({
    name: 'kilat_upload_reconciled',
    help: 'Photos found without their original (missing: an alarm), originals found without a photo (quarantined)',
    labelNames: ['what'],
    registers: [proc.metrics],
  });
  return ({ missing, quarantined }: Reconciled) => {
    counter.inc({ what: 'missing' }, missing);
    counter.inc({ what: 'quarantined' }, quarantined);
  };
}

/** Makes what counts what the sweeper did. */
export function sweptMetrics(proc: Process) {
  const counter = new Counter({
    name: 'kilat_upload_swept',
    help: 'Uploads that the sweeper settled',
    labelNames: ['how'],
    registers: [proc.metrics],
  });
  return (swept: Swept) => {
    for (const [how, count] of Object.entries(swept)) if (count > 0) counter.inc({ how }, count);
  };
}

/** Makes what counts and times the photos that became stored. */
export function storedMetrics(proc: Process) {
  const registers = [proc.metrics];
  const seconds = new Histogram({
    name: 'kilat_upload_stored_seconds',
    help: 'From the first byte of a photo to its commit',
    buckets: secondsBuckets,
    registers,
  });
  const bytes = new Counter({ name: 'kilat_upload_stored_bytes', help: 'Bytes of photos stored', registers });
  return (upload: Upload, storedAt: Date) => {
    bytes.inc(upload.length);
    if (upload.firstByteAt !== null)
      seconds.observe(Math.max(0, storedAt.getTime() - upload.firstByteAt.getTime()) / 1_000);
  };
}
