import { expect, test } from 'vitest';
import { type ByteRange, parseRange } from './range.ts';

const cases: { header: string | undefined; want: ByteRange | string | undefined }[] = [
  { header: undefined, want: undefined },
  { header: 'bytes=0-99', want: { start: 0, end: 99 } },
  { header: 'bytes=900-', want: { start: 900, end: 999 } },
  { header: 'bytes=990-5000', want: { start: 990, end: 999 } },
  { header: 'bytes=-100', want: { start: 900, end: 999 } },
  { header: 'bytes=-5000', want: { start: 0, end: 999 } },
  { header: 'bytes=1000-', want: 'unsatisfiable' },
  { header: 'bytes=-0', want: 'unsatisfiable' },
  { header: 'bytes=9-3', want: undefined },
  { header: 'bytes=-', want: undefined },
  { header: 'bytes=0-1,5-6', want: undefined },
  { header: 'photos=0-1', want: undefined },
];
test.each(cases)('reads $header of 1,000 bytes as $want', ({ header, want }) => {
  expect(parseRange(header, 1_000)).toEqual(want);
});
