import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { checkRoom, forEachOf } from './bytes.ts';

const never = new AbortController().signal;

test('a disk is asked for room before anything is written to it', async () => {
  await expect(checkRoom(tmpdir(), 2 ** 60)).rejects.toThrow(/MiB free, and \d+ MiB are needed$/);
  await expect(checkRoom(tmpdir(), 1)).resolves.toBeUndefined();
});

test('what is done to many begins nothing new once one of them failed', async () => {
  const begun: number[] = [];
  const work = async (n: number) => {
    begun.push(n);
    if (n === 0) throw new Error('the disk is full');
    await new Promise((resolve) => setImmediate(resolve));
  };
  await expect(forEachOf(Array(1_000).keys(), never, work)).rejects.toThrow('the disk is full');
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun.length).toBeLessThan(20);
});

test('what is told to stop ends between two', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const work = async (n: number) => void (done.push(n) === 10 && stop.abort());
  await expect(forEachOf(Array(1_000).keys(), stop.signal, work)).rejects.toThrow('it was told to stop');
  expect(done.length).toBeLessThan(20);
});
