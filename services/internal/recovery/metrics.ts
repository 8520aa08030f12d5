import { Counter, type Registry } from '../metrics/metrics.ts';

const name = 'kilat_upload_reconciled_total';

/**
 * Makes what counts originals that are missing and originals without a photo. Targets that may run in one process find them, so
 * that they share it there; its name is that of the first one that did.
 */
export function reconciledCounter(registry: Registry): (what: 'missing' | 'quarantined', count: number) => void {
  const shared = registry.getSingleMetric(name);
  const counter = shared instanceof Counter ? shared : newCounter(registry);
  return (what, count) => counter.inc({ what }, count);
}

function newCounter(registry: Registry): Counter {
  const counter = new Counter({
    name,
    help: 'Photos found without their original (missing: an alarm), originals found without a photo (quarantined)',
    labelNames: ['what'],
    registers: [registry],
  });
  for (const what of ['missing', 'quarantined']) counter.inc({ what }, 0);
  return counter;
}
