import { expect, test } from 'vitest';
import { Fault } from '../fault/fault.ts';
import { meterOf } from '../metrics/meter.ts';
import { Registry } from '../metrics/metrics.ts';
import { stageMeter } from './metrics.ts';
import { outcomeOf } from './outcome.ts';

test('attempts are counted by their outcome and the class of their failure', async () => {
  const registry = new Registry();
  const measure = stageMeter(meterOf(registry, 'thumbnail'));
  measure.attempted(1.5);
  measure.attempted(0.5);
  measure.attempted(3, outcomeOf(new Fault('invalid', 'not a photo'), 1));
  measure.attempted(3, outcomeOf(new Fault('unavailable', 'away', { class: 'network' }), 1));
  measure.attempted(3, outcomeOf(new Fault('conflict', 'done by another'), 1));
  const text = await registry.metrics();
  expect(text.split('\n').filter((line) => line.startsWith('kilat_thumbnail_attempts_total'))).toEqual([
    'kilat_thumbnail_attempts_total{outcome="done",class="none"} 2',
    'kilat_thumbnail_attempts_total{outcome="failed",class="invalid"} 1',
    'kilat_thumbnail_attempts_total{outcome="paused",class="network"} 1',
    'kilat_thumbnail_attempts_total{outcome="settled",class="none"} 1',
  ]);
  expect(text).toContain('kilat_thumbnail_attempt_seconds_sum{outcome="done"} 2');
});
