import { expect, test } from 'vitest';
import { packRows, ratioOf } from './pack.ts';

const layout = { width: 1_000, gap: 10, target: 200 };
const many = (count: number) => Array.from({ length: count }, (_, n) => (n % 3 === 0 ? 0.67 : 1.5));

test('fills each full row to the pixel', () => {
  const ratios = many(30);
  for (const { start, end, height } of packRows(ratios, 0, layout).slice(0, -1)) {
    const width =
      ratios.slice(start, end).reduce((sum, ratio) => sum + ratio * height, 0) + layout.gap * (end - start - 1);
    expect(width).toBeCloseTo(1_000, 6);
  }
});

test('shows every photo once and in order', () => {
  const rows = packRows(many(47), 13, layout);
  expect(rows.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, n) => start + n))).toEqual(
    Array.from({ length: 47 }, (_, n) => n),
  );
});

test('leaves all rows below where they are when a new photo comes in on top', () => {
  const before = packRows(many(30), 0, layout);
  const after = packRows([1.5, ...many(30)], 1, layout);
  expect(after.slice(1).map(({ start, end, height }) => [start - 1, end - 1, height])).toEqual(
    before.map(({ start, end, height }) => [start, end, height]),
  );
});

test('does not blow up a lonely photo', () => {
  expect(packRows([1.5], 0, layout)[0]?.height).toBe(200);
});

test('keeps strange shapes within bounds', () => {
  expect([
    ratioOf({ width: 9_000, height: 100 }),
    ratioOf({ width: 1, height: 100 }),
    ratioOf({ width: null, height: null }),
  ]).toEqual([3, 0.5, 1.5]);
});
