import { expect, test } from 'vitest';
import { isHonest } from './exifblock.ts';
import { exifBlock, type TestTag } from './exiftest.ts';

const entryAt = (n: number) => 6 + 8 + 2 + n * 12;
const tags = Array.from({ length: 5_000 }, (_, n): TestTag => [n + 1_000, [n, n]]);

test('takes a block of many tags as what it is', () => {
  expect(isHonest(exifBlock({ image: tags }))).toBe(true);
});

test('refuses a block whose tags all claim the whole of it', () => {
  const block = exifBlock({ image: tags });
  for (let n = 0; n < tags.length; n++) block.writeUInt32LE(0xffffffff, entryAt(n) + 4);
  expect(isHonest(block)).toBe(false);
});

test('refuses a block that points to one directory after another', () => {
  const pointers = Array.from({ length: 9 }, (_, n): TestTag => [0x8769, [8 + n]]);
  expect(isHonest(exifBlock({ image: pointers }))).toBe(false);
});

test('refuses a pointer that is none, which a reader may follow nevertheless', () => {
  expect(isHonest(exifBlock({ image: [[0x8825, [[8, 1]]]] }))).toBe(false);
});

test('refuses a block of more than 4 MiB', () => {
  expect(isHonest(exifBlock({ image: [[0x927c, Buffer.alloc(4 * 1024 * 1024)]] }))).toBe(false);
});

test('takes a block that breaks off as honest', () => {
  expect(isHonest(exifBlock({ image: tags }).subarray(0, 30_000))).toBe(true);
});
