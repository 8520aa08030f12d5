import { expect, test } from 'vitest';
import { createReading } from './reading.ts';

/** Makes a reading that does not wait, and a file that fails so many times. */
function readingOf() {
  const waits: number[] = [];
  const reading = createReading(async (ms) => void waits.push(ms));
  const failing = (times: number) => async () => {
    if (times-- > 0) throw new Error('planned');
    return 'bytes';
  };
  return { waits, reading, failing };
}

test('a file that cannot be read for a moment is read again', async () => {
  const { waits, reading, failing } = readingOf();
  expect(await reading.patiently(failing(2))).toBe('bytes');
  expect(waits).toEqual([300, 1_000]);
});

test('where a card was pulled only its first file is waited for, until one can be read again', async () => {
  const { waits, reading, failing } = readingOf();
  await expect(reading.patiently(failing(9))).rejects.toThrow('planned');
  await expect(reading.patiently(failing(9))).rejects.toThrow('planned');
  expect(waits.length).toBe(3);
  await reading.patiently(failing(0));
  expect(await reading.patiently(failing(1))).toBe('bytes');
});
