import { expect, test } from 'vitest';
import { columnsOf, type KnownFacts } from './columns.ts';

const shown: KnownFacts = { width: 3, height: 2, thumbhash: 'aGFzaA==' };

const hashes = [
  { phash: '0000000000000001', want: '1' },
  { phash: '7fffffffffffffff', want: '9223372036854775807' },
  { phash: '8000000000000000', want: '-9223372036854775808' },
  { phash: 'ffffffffffffffff', want: '-1' },
  { phash: 'not a hash', want: undefined },
];
test.each(hashes)('keeps hash $phash as $want', ({ phash, want }) => {
  expect(columnsOf({ ...shown, phash }).phash).toBe(want);
});

test('knows nothing of what is not told', () => {
  const known = Object.entries(columnsOf(shown)).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(known)).toEqual(shown);
});

test('drops what is no measure', () => {
  const columns = columnsOf({ ...shown, sharpness: Number.NaN, clippedShare: 1.5 });
  expect([columns.sharpness, columns.clipped_share]).toEqual([undefined, undefined]);
});
