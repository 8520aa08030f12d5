import { expect, test } from 'vitest';
import { nearness, readLimit, writeAmount, writeLimit } from './amount.ts';

const typed = [
  { name: 'nothing as no limit', text: ' ', measure: 'photos', want: null },
  { name: 'none at all as a limit of its own', text: '0', measure: 'photos', want: 0 },
  { name: 'photos one by one', text: '500', measure: 'photos', want: 500 },
  { name: 'a part of a gigabyte', text: '1.1', measure: 'bytes', want: 1_100_000_000 },
] as const;
test.each(typed)('reads $name, and writes it so again', ({ text, measure, want }) => {
  const limit = readLimit(text, measure);
  expect([limit, writeLimit(limit, measure)]).toEqual([want, text.trim()]);
});

test('is near its limit from nine tenths on, and full at it', () => {
  const uses = [899, 900, 999, 1_000, 1_001].map((used) => nearness(used, 1_000));
  expect(uses).toEqual(['free', 'near', 'near', 'full', 'full']);
  expect([nearness(5_000, null), nearness(0, 0)]).toEqual(['free', 'full']);
});

test('writes photos and storage as people read them', () => {
  expect([writeAmount(12_345, 'photos'), writeAmount(12_400_000_000, 'bytes')]).toEqual(['12,345', '12.4 GB']);
});
