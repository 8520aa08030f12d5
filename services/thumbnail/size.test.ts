import { expect, test } from 'vitest';
import { sizeOf } from './size.ts';

const cases = [
  { name: 'landscape', original: { width: 6000, height: 4000 }, want: { width: 1600, height: 1067 } },
  { name: 'portrait', original: { width: 4000, height: 6000 }, want: { width: 1067, height: 1600 } },
  { name: 'a small original, not enlarged', original: { width: 640, height: 480 }, want: { width: 640, height: 480 } },
  { name: 'one pixel', original: { width: 1, height: 1 }, want: { width: 1, height: 1 } },
  { name: 'a hair', original: { width: 16_000, height: 2 }, want: { width: 1600, height: 1 } },
];
test.each(cases)('sizes $name', ({ original, want }) => {
  expect(sizeOf(original, 'large')).toEqual(want);
});
