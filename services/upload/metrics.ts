import { Counter, Histogram, secondsBuckets } from '#internal/metrics/metrics.ts';
import type { Process } from '#internal/process/process.ts';
import { reconciledCounter } from '#internal/recovery/metrics.ts';
import type { Reconciled } from '#internal/recovery/reconcile.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import type { Ending, FinishDeps } from './finish.ts';
import type { Swept } from './sweep.ts';

/** Makes what counts what comparing bucket and database found. */
export function reconciledMetrics(proc: Process) {
  const count = reconciledCounter(proc.metrics);
  return ({ missing, quarantined }: Reconciled) => {
    count('missing', missing);
    count('quarantined', quarantined);
  };
}

/** Makes what counts what the sweeper did. */
export function sweptMetrics(proc: Process) {
  const counter = new Counter({
    name: 'kilat_upload_swept_total',
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
  const bytes = new Counter({ name: 'kilat_upload_stored_bytes_total', help: 'Bytes of photos stored', registers });
  return (upload: Upload, storedAt: Date) => {
    bytes.inc(upload.length);
    if (upload.firstByteAt !== null)
      seconds.observe(Math.max(0, storedAt.getTime() - upload.firstByteAt.getTime()) / 1_000);
  };
}

/** Makes what counts how uploads ended, each once, and the finish steps that failed on the way. */
export function finishedMetrics(proc: Process): Required<Pick<FinishDeps, 'onEnded' | 'onFailed'>> {
  const registers = [proc.metrics];
  const ended = new Counter({
    name: 'kilat_upload_finished_total',
    help: 'Uploads by how they ended; failed ones had begun, and were left or ran out without being stored',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['stored', 'refused', 'gone', 'failed'] satisfies Ending[]) ended.inc({ result }, 0);
  const failed = new Counter({
    name: 'kilat_upload_finish_failures_total',
    help: 'Tries to make a photo stored that failed; they are made again',
    registers,
  });
  return { onEnded: (result) => ended.inc({ result }), onFailed: () => failed.inc() };
}
