import { expect, test } from 'vitest';
import { createPauses } from './pauses.ts';

const why = { class: 'server', error: 'away', retryAfter: undefined } as const;

test('a pause doubles with each failure after it up to half a minute, and ends when something worked', () => {
  let now = 0;
  const pauses = createPauses(() => now);
  const lengths = Array.from({ length: 8 }, () => {
    const ms = pauses.pull('r2', why);
    now += ms;
    return ms;
  });
  expect(lengths).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  pauses.loosen('r2');
  expect(pauses.pull('r2', why)).toBe(500);
});

test('those that fail together make one pause, of that provider alone', () => {
  const pauses = createPauses(() => 0);
  expect([pauses.pull('r2', why), pauses.pull('r2', why)]).toEqual([500, 500]);
  expect(pauses.of('r2')).toMatchObject({ leftMs: 500, error: 'away' });
  expect(pauses.of('drive')).toBeUndefined();
});

test.each([
  { name: 'lasts as long as the provider asks', retryAfter: 120, ms: 120_000 },
  { name: 'lasts an hour at most', retryAfter: 86_400, ms: 3_600_000 },
])('a pause $name', ({ retryAfter, ms }) => {
  expect(createPauses(() => 0).pull('drive', { ...why, retryAfter })).toBe(ms);
});

test('tells when a pause begins and when something works, not of each that failed with the others', () => {
  let now = 0;
  const told: (number | undefined)[] = [];
  const pauses = createPauses(
    () => now,
    (_provider, pause) => told.push(pause?.leftMs),
  );
  pauses.pull('r2', why);
  pauses.pull('r2', why);
  now = 500;
  pauses.pull('r2', why);
  pauses.loosen('r2');
  expect(told).toEqual([500, 1_000, undefined]);
});
