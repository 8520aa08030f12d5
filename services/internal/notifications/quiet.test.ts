import { expect, test } from 'vitest';
import { afterQuiet, nextTime } from './quiet.ts';

const jakarta = { zone: 'Asia/Jakarta', quietFrom: '22:00', quietTo: '07:00' };
const cases = [
  { name: 'a moment of the day stays', at: '2026-11-21T05:00:00Z', hours: jakarta, want: '2026-11-21T05:00:00.000Z' },
  {
    name: 'late evening waits for the morning',
    at: '2026-11-21T15:30:00Z',
    hours: jakarta,
    want: '2026-11-22T00:00:00.000Z',
  },
  { name: 'early morning waits too', at: '2026-11-20T23:59:30Z', hours: jakarta, want: '2026-11-21T00:00:00.000Z' },
  {
    name: 'their last minute is over at the next',
    at: '2026-11-21T00:00:00Z',
    hours: jakarta,
    want: '2026-11-21T00:00:00.000Z',
  },
  {
    name: 'hours within one day wait for their end',
    at: '2026-11-21T13:15:00Z',
    hours: { zone: 'UTC', quietFrom: '13:00', quietTo: '14:00' },
    want: '2026-11-21T14:00:00.000Z',
  },
  {
    name: 'who names no hours is told at once',
    at: '2026-11-21T15:30:00Z',
    hours: { zone: 'Asia/Jakarta', quietFrom: null, quietTo: null },
    want: '2026-11-21T15:30:00.000Z',
  },
];
test.each(cases)('quiet hours: $name', ({ at, hours, want }) => {
  expect(afterQuiet(new Date(at), hours).toISOString()).toBe(want);
});

const times = [
  { name: 'later today', after: '2026-11-21T00:30:00Z', zone: 'UTC', time: '08:00', want: '2026-11-21T08:00:00.000Z' },
  {
    name: 'tomorrow when it is just then',
    after: '2026-11-21T08:00:00Z',
    zone: 'UTC',
    time: '08:00',
    want: '2026-11-22T08:00:00.000Z',
  },
  {
    name: 'on the day that has 25 hours',
    after: '2026-10-24T07:00:00Z',
    zone: 'Europe/Berlin',
    time: '08:00',
    want: '2026-10-25T07:00:00.000Z',
  },
  {
    name: 'on the day that has 23 hours',
    after: '2026-03-28T08:00:00Z',
    zone: 'Europe/Berlin',
    time: '08:00',
    want: '2026-03-29T06:00:00.000Z',
  },
];
test.each(times)('the next time of day is $name', ({ after, zone, time, want }) => {
  expect(nextTime(new Date(after), zone, time).toISOString()).toBe(want);
});
