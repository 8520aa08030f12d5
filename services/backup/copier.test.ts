import { expect, test } from 'vitest';
import { compare } from './copier.ts';

const known = { size: 3, sums: { sha256: 'aa', crc32: 7, md5: 'cc' } };

test.each([
  { name: 'the same hash', far: { size: 3, sums: { sha256: 'aa' } }, same: true },
  { name: 'the same checksum', far: { size: 3, sums: { crc32: 7 } }, same: true },
  { name: 'another hash beside the same checksum', far: { size: 3, sums: { crc32: 7, sha256: 'bb' } }, same: false },
  { name: 'the same hash of another size', far: { size: 4, sums: { sha256: 'aa' } }, same: false },
  { name: 'no hash at all', far: { size: 3, sums: {} }, same: undefined },
])('a far side that has $name is judged $same', ({ far, same }) => {
  expect(compare(far, known)).toBe(same);
});
