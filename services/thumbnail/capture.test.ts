import { expect, test } from 'vitest';
import { captureTime } from './capture.ts';

const noon = new Date('2026-06-01T12:00:00Z');
const cases = [
  { name: 'a clock without an offset as UTC', exif: { DateTimeOriginal: noon }, want: '2026-06-01T12:00:00.000Z' },
  {
    name: 'an offset east of Greenwich',
    exif: { DateTimeOriginal: noon, OffsetTimeOriginal: '+07:00' },
    want: '2026-06-01T05:00:00.000Z',
  },
  {
    name: 'an offset west of Greenwich',
    exif: { DateTimeOriginal: noon, OffsetTimeOriginal: '-03:30' },
    want: '2026-06-01T15:30:00.000Z',
  },
  {
    name: 'hundredths of a second',
    exif: { DateTimeOriginal: noon, SubSecTimeOriginal: '07' },
    want: '2026-06-01T12:00:00.070Z',
  },
  { name: 'no time at all', exif: {}, want: undefined },
];
test.each(cases)('reads $name', ({ exif, want }) => {
  expect(captureTime(exif)?.toISOString()).toBe(want);
});
