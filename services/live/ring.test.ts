import { expect, test } from 'vitest';
import { createRing } from './ring.ts';

const frame = (from: number, to: number) => ({
  epoch: 'e',
  from,
  to,
  entries: Array.from({ length: to - from }, (_, n) => ({ seq: from + n + 1, type: 'photo.stored' })),
});

test('gives what follows a seq, cut where the seq lies inside of a frame', () => {
  const ring = createRing(100);
  ring.push(frame(0, 4));
  ring.push(frame(4, 6));
  expect(ring.after(4)).toEqual(frame(4, 6));
  expect(ring.after(1)).toEqual(frame(1, 4));
  expect(ring.after(6)).toBeUndefined();
});

test('forgets the oldest frames, and says so instead of leaving a hole', () => {
  const ring = createRing(8);
  for (let seq = 0; seq < 20; seq += 2) ring.push(frame(seq, seq + 2));
  expect(ring.after(0)).toBeUndefined();
  expect(ring.after(16)).toEqual(frame(16, 18));
});

test('keeps the newest frame even when it is larger than the ring', () => {
  const ring = createRing(3);
  ring.push(frame(0, 50));
  expect(ring.after(0)).toEqual(frame(0, 50));
});
