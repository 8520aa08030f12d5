import type { Meter } from '../metrics/meter.ts';
import type { Outcome } from './outcome.ts';

/** Measures the attempts at one stage. */
export interface StageMeter {
  /** Counts an attempt that took some seconds; without an outcome it succeeded. */
  attempted(seconds: number, outcome?: Outcome): void;
}

/** Makes what measures a stage; without a meter nothing is counted. */
export function stageMeter(meter: Meter | undefined): StageMeter {
  if (meter === undefined) return { attempted: () => {} };
  const attempts = meter.counter('attempts_total', 'Attempts at a photo, by outcome and class of failure', [
    'outcome',
    'class',
  ]);
  const lasted = meter.seconds('attempt_seconds', 'From the claim of a photo to the end of the attempt', {
    labelNames: ['outcome'],
  });
  return {
    attempted(seconds, outcome) {
      const labels = { outcome: outcome?.state ?? 'done' };
      attempts.inc({ ...labels, class: outcome !== undefined && 'class' in outcome ? outcome.class : 'none' });
      lasted.observe(labels, seconds);
    },
  };
}
