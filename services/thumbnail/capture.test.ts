import { expect, test } from 'vitest';
import { type CameraClock, captureOf } from './capture.ts';

const local = new Date('2026-06-01T12:00:00Z');
const gps = (text: string) => new Date(`2026-${text}Z`);
const cases: { name: string; clock: Partial<CameraClock>; want: [string, number | undefined] }[] = [
  { name: 'a clock without a zone as UTC', clock: {}, want: ['2026-06-01T12:00:00.000Z', undefined] },
  { name: 'a zone east of Greenwich', clock: { offset: '+07:00' }, want: ['2026-06-01T05:00:00.000Z', 420] },
  { name: 'a zone west of Greenwich', clock: { offset: '-03:30' }, want: ['2026-06-01T15:30:00.000Z', -210] },
  { name: 'Greenwich itself', clock: { offset: '-00:00' }, want: ['2026-06-01T12:00:00.000Z', 0] },
  { name: 'the easternmost zone', clock: { offset: '+14:00' }, want: ['2026-05-31T22:00:00.000Z', 840] },
  { name: 'no zone that is none', clock: { offset: '+14:15' }, want: ['2026-06-01T12:00:00.000Z', undefined] },
  { name: 'no zone of blanks', clock: { offset: '   :  ' }, want: ['2026-06-01T12:00:00.000Z', undefined] },
  { name: 'hundredths of a second', clock: { subSeconds: '07' }, want: ['2026-06-01T12:00:00.070Z', undefined] },
  { name: 'a second without decimals', clock: { subSeconds: '  ' }, want: ['2026-06-01T12:00:00.000Z', undefined] },
  {
    name: 'a zone from GPS, whose clock is minutes off',
    clock: { gps: gps('06-01T04:03:20'), subSeconds: '5' },
    want: ['2026-06-01T04:00:00.500Z', 480],
  },
  {
    name: 'a zone from GPS across midnight',
    clock: { gps: gps('05-31T22:00:00') },
    want: ['2026-05-31T22:00:00.000Z', 840],
  },
  {
    name: 'a zone of three quarters of an hour from GPS',
    clock: { gps: gps('06-01T06:14:00') },
    want: ['2026-06-01T06:15:00.000Z', 345],
  },
  {
    name: 'no zone from a GPS of another day',
    clock: { gps: gps('05-30T04:00:00') },
    want: [local.toISOString(), undefined],
  },
  {
    name: 'the zone that the camera names before that of GPS',
    clock: { offset: '+07:00', gps: gps('06-01T04:00:00') },
    want: ['2026-06-01T05:00:00.000Z', 420],
  },
];
test.each(cases)('reads $name', ({ clock, want }) => {
  const capture = captureOf({ local, ...clock });
  expect([capture?.takenAt.toISOString(), capture?.offsetMinutes]).toEqual(want);
});

const never = [undefined, new Date(Number.NaN), new Date(Date.UTC(1899, 10, 30))];
test.each(never)('takes %s for no time', (clock) => {
  expect(captureOf({ local: clock, offset: '+07:00' })).toBeUndefined();
});
