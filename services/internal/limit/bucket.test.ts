import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../log/log.ts';
import { bucketsOf } from './bucket.ts';

const guest = { tokens: 100, perMinute: 10 };
const take = () => bucketsOf('test', undefined, { log: silentLog(), onSilent: () => {} });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Counts how many of some tries to take one token succeed. */
async function granted(taker: ReturnType<typeof take>, key: string, tries: number): Promise<number> {
  const ends = await Promise.allSettled(Array.from({ length: tries }, () => taker(key, 1, guest)));
  return ends.filter(({ status }) => status === 'fulfilled').length;
}

test('a hundred at once, then ten a minute', async () => {
  const taker = take();
  const counts = [await granted(taker, 'a', 150)];
  for (const seconds of [5, 1, 60, 30]) {
    vi.advanceTimersByTime(seconds * 1_000);
    counts.push(await granted(taker, 'a', 150));
  }
  expect(counts).toEqual([100, 0, 1, 10, 5]);
});

test('a bucket that rested is full, and holds no more than it holds', async () => {
  const taker = take();
  await granted(taker, 'a', 100);
  vi.advanceTimersByTime(86_400_000);
  expect(await granted(taker, 'a', 150)).toBe(100);
});

test('a refusal says when there are enough, and takes nothing', async () => {
  const taker = take();
  await taker('a', 95, guest);
  for (let n = 0; n < 5; n++)
    await expect(taker('a', 15, guest)).rejects.toMatchObject({ kind: 'exhausted', retryAfter: 60 });
  await taker('a', 5, guest);
  vi.advanceTimersByTime(60_000);
  await taker('a', 10, guest);
});

test('each key has its own bucket', async () => {
  const taker = take();
  expect([await granted(taker, 'a', 150), await granted(taker, 'b', 150)]).toEqual([100, 100]);
});

test('what never fits is refused for good, without a time to wait for', async () => {
  const refused = take()('a', 101, guest);
  await expect(refused).rejects.toMatchObject({ kind: 'invalid', retryAfter: undefined });
});

test('a bucket is not forgotten before it is full, whatever others are like', async () => {
  const taker = take();
  await taker('large', 6_000, { tokens: 6_000, perMinute: 100 });
  vi.advanceTimersByTime(30 * 60_000);
  await taker('small', 1, guest);
  await expect(taker('large', 3_100, { tokens: 6_000, perMinute: 100 })).rejects.toMatchObject({ retryAfter: 60 });
});
