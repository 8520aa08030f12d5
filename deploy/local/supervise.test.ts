import { expect, test } from 'vitest';
import type { Exit } from './child.ts';
import { keepAlive } from './supervise.ts';

/** Stands for a program that a test can let end. */
function fake() {
  const ended = Promise.withResolvers<Exit>();
  const end = (exit: Exit) => ended.resolve(exit);
  return { end, exited: ended.promise, stop: async () => end({ code: 0, signal: null }) };
}

const killed: Exit = { code: null, signal: 'SIGKILL' };

test('starts again what ends, also when a start in between fails', async () => {
  const runs = [fake(), undefined, fake()];
  const starts: number[] = [];
  const said: string[] = [];
  const start = async () => {
    const run = runs[starts.length];
    starts.push(Date.now());
    if (!run) throw new Error('not yet');
    return run;
  };
  const kept = await keepAlive('redis', start, (line) => said.push(line));
  kept.first.end(killed);
  await expect.poll(() => starts.length).toBe(3);
  expect((starts[2] ?? 0) - (starts[1] ?? 0)).toBeGreaterThan((starts[1] ?? 0) - (starts[0] ?? 0));
  expect(said.slice(0, 2)).toEqual(['redis ended (SIGKILL); starting it again ...', 'not yet']);
  await kept.stop();
  expect(starts.length).toBe(3);
});

test('does not start again what it was asked to stop, not even while it waits', async () => {
  let starts = 0;
  const start = async () => {
    starts++;
    return fake();
  };
  const kept = await keepAlive('web', start, () => {});
  kept.first.end(killed);
  await kept.first.exited;
  await kept.stop();
  expect(starts).toBe(1);
});

test('fails when the first start fails', async () => {
  await expect(
    keepAlive(
      'nats',
      () => Promise.reject(new Error('no binary')),
      () => {},
    ),
  ).rejects.toThrow('no binary');
});
