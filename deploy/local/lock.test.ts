import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lock, tryLock } from './lock.ts';
import { temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('a lock that is held names its holder, and can be taken when it was let go', () => {
  const file = join(folder, 'held');
  const first = tryLock(file);
  expect(tryLock(file)).toEqual({ heldBy: process.pid });
  if ('heldBy' in first) throw new Error('not taken');
  first[Symbol.dispose]();
  expect('heldBy' in tryLock(file)).toBe(false);
});

test('a lock of a process that was killed is taken over', async () => {
  const file = join(folder, 'dead');
  const child = spawn('sleep', ['60']);
  writeFileSync(file, `${child.pid} `);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect('heldBy' in tryLock(file)).toBe(false);
});

test('a lock whose process id belongs to another process now is taken over', () => {
  const file = join(folder, 'reused');
  writeFileSync(file, `${process.pid} 1`);
  expect('heldBy' in tryLock(file)).toBe(false);
});

test('of many that wait one has the lock at a time', async () => {
  const file = join(folder, 'turns');
  let inside = 0;
  const turn = async () => {
    using _turn = await lock(file, () => {});
    inside++;
    await new Promise(setImmediate);
    expect(inside).toBe(1);
    inside--;
  };
  await Promise.all([turn(), turn(), turn()]);
  expect(existsSync(file)).toBe(false);
});
