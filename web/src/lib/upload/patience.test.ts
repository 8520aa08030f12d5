import { expect, test } from 'vitest';
import { passes, secondsToWait } from './patience.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const waits = [
  { name: 'as long as the server asks', retryAfter: '7', chance: 0, want: 7 },
  { name: 'up to a quarter longer, by chance', retryAfter: '8', chance: 1, want: 10 },
  { name: 'until the date that the server names', retryAfter: 'Thu, 01 Jan 2026 12:00:30 GMT', chance: 0, want: 30 },
  { name: 'at most two minutes', retryAfter: '3600', chance: 0, want: 120 },
  { name: 'at least a second', retryAfter: '0', chance: 0, want: 1 },
  { name: 'twenty seconds when nothing is asked', retryAfter: null, chance: 0, want: 20 },
];
test.each(waits)('waits $name', ({ retryAfter, chance, want }) => {
  expect(secondsToWait({ status: 503, retryAfter }, now, chance)).toBe(want);
});

const troubles: { name: string; status: number | undefined; code?: string; want: boolean }[] = [
  { name: 'a lost network', status: undefined, want: true },
  { name: 'a busy server', status: 503, want: true },
  { name: 'a limit', status: 429, want: true },
  { name: 'too many at once', status: 429, code: 'too_many_uploads', want: true },
  { name: 'a quota of the day', status: 429, code: 'quota_exceeded', want: false },
  { name: 'a quota in all', status: 403, code: 'quota_exceeded', want: false },
  { name: 'a lock', status: 423, want: true },
  { name: 'a refused file', status: 415, want: false },
  { name: 'a missing right', status: 403, want: false },
];
test.each(troubles)('$name passes by itself: $want', ({ status, code, want }) => {
  expect(passes({ status, code, retryAfter: null })).toBe(want);
});
