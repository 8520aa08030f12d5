import type { BackupPlace } from '@kilat/contract';
import { expect, test } from 'vitest';
import { isMoving, shareOf, standingOf } from './standing.ts';

const pause = { until: '2026-11-21T06:12:00.000Z', class: 'network', message: 'away' } as const;
const copies = { done: 10, waiting: 0, failed: 0, removing: 0 };
const place: BackupPlace = {
  ...{ provider: 'r2', is_known: true, is_default: true, is_wanted: true, copies, pause: null },
};

const cases: { name: string; change: Partial<BackupPlace>; want: string }[] = [
  { name: 'all that is there', change: {}, want: 'proved' },
  { name: 'no photo yet', change: { copies: { ...copies, done: 0 } }, want: 'empty' },
  { name: 'some that waits', change: { copies: { ...copies, waiting: 1 } }, want: 'waiting' },
  {
    name: 'one that failed, others that wait',
    change: { copies: { ...copies, waiting: 1, failed: 1 } },
    want: 'failed',
  },
  { name: 'a pause', change: { pause, copies: { ...copies, waiting: 1, failed: 1 } }, want: 'paused' },
  { name: 'no part in the plan', change: { is_wanted: false }, want: 'off' },
  { name: 'a pause that keeps nobody waiting', change: { is_wanted: false, pause }, want: 'off' },
  { name: 'nobody who serves it', change: { is_known: false, pause }, want: 'unknown' },
];
test.each(cases)('a place with $name is $want', ({ change, want }) => {
  expect(standingOf({ ...place, ...change }).name).toBe(want);
});

test('a share is full when all is there, and not before', () => {
  const share = (done: number, waiting: number) => shareOf({ ...copies, done, waiting });
  expect([share(0, 0), share(1, 2), share(1_999, 1), share(2_000, 0)]).toEqual([0, 33, 99, 100]);
});

test('a place moves while something waits, pauses, is removed, or has just come in', () => {
  const moves = (change: Partial<BackupPlace>, photos = 10) => isMoving({ ...place, ...change }, photos);
  const waiting = { ...copies, waiting: 1 };
  const removing = { ...copies, removing: 1 };
  const still = [moves({}), moves({ is_wanted: false }, 11)];
  const moving = [moves({ pause }), moves({ copies: waiting }), moves({ copies: removing }), moves({}, 11)];
  expect([still, moving]).toEqual([
    [false, false],
    [true, true, true, true],
  ]);
});
