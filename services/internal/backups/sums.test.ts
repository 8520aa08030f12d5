import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { proved, sumUp } from './sums.ts';

const bytes = Buffer.from('the bytes of a photo');
const known = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), crc32: crc32(bytes) };

async function* pieces(of: Buffer) {
  for (let at = 0; at < of.length; at += 7) yield of.subarray(at, at + 7);
}

test('bytes that are those that are known pass whole', async () => {
  const passed = await Array.fromAsync(proved(pieces(bytes), known, () => {}));
  expect(Buffer.concat(passed)).toEqual(bytes);
  expect(await sumUp(pieces(bytes))).toMatchObject(known);
});

test.each([
  { name: 'changed', flaw: Buffer.from('the bytes of a photX'), kind: 'internal' },
  { name: 'cut', flaw: bytes.subarray(0, -1), kind: 'internal' },
  { name: 'longer', flaw: Buffer.concat([bytes, bytes]), kind: 'internal' },
])('$name bytes fail before the last of them has passed', async ({ flaw, kind }) => {
  let count = 0;
  const pass = async () => {
    for await (const chunk of proved(pieces(flaw), known, () => {})) count += chunk.length;
  };
  await expect(pass()).rejects.toMatchObject({ kind });
  expect(count).toBeLessThan(flaw.length);
});

test('bytes that came as they were sent, and are not those that were announced, never will be', async () => {
  const announced = { ...known, sha256: 'a'.repeat(64) };
  const pass = Array.fromAsync(proved(pieces(bytes), announced, () => {}));
  await expect(pass).rejects.toMatchObject({ kind: 'invalid', code: 'hash_invalid' });
});
