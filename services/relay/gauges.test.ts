import { expect, test } from 'vitest';
import { restMs } from './gauges.ts';

const cases = [
  { name: 'as often as it is set where looking is cheap', everySeconds: 5, tookMs: 20, ms: 5_000 },
  { name: 'less often where looking costs more than a fiftieth of the time', everySeconds: 5, tookMs: 300, ms: 15_000 },
  { name: 'every half a minute however slow a look was', everySeconds: 5, tookMs: 20_000, ms: 30_000 },
];
test.each(cases)('figures are read $name', ({ everySeconds, tookMs, ms }) => {
  expect(restMs(everySeconds, tookMs)).toBe(ms);
});
